using Microsoft.CodeAnalysis.CSharp;

namespace ButlerRpc.Generator.Emitting;

/// <summary>Names in generated code.</summary>
static class Identifiers
{
    /// <summary><c>class</c> becomes <c>@class</c>.</summary>
    public static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None ? "@" + name : name;

    /// <summary><paramref name="wanted"/>, or with underscores behind it until no name in <paramref name="taken"/> is the same.</summary>
    public static string Unique(string wanted, IEnumerable<string> taken)
    {
        var names = new HashSet<string>(taken.Select(n => n.TrimStart('@')), StringComparer.Ordinal);
        while (!names.Add(wanted.TrimStart('@')))
            wanted += "_";
        return wanted;
    }

    /// <summary>A string literal.</summary>
    public static string Literal(string value) => SymbolDisplay.FormatLiteral(value, quote: true);
}
