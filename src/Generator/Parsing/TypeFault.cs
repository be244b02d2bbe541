using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Why a type cannot travel.</summary>
/// <param name="Rule">The rule it breaks.</param>
/// <param name="Culprit">The type at fault; it may be an argument of the type that was asked for.</param>
/// <param name="Hint">What more there is to say: empty, or a clause that begins with a colon or semicolon.</param>
readonly record struct TypeFault(DiagnosticDescriptor Rule, ITypeSymbol Culprit, string Hint)
{
    /// <summary>Begins the hint of what a message may leave out, and a method cannot.</summary>
    public const string LeaveOut = "; leave it out with [ButlerIgnore]";

    const int MostOfName = 200;

    /// <summary>The fault as a diagnostic about <paramref name="member"/> of a message; null: the compiler itself says that there is no such type.</summary>
    public Diagnostic? At(Location? location, string member) =>
        Culprit.TypeKind == TypeKind.Error ? null : Diagnostic.Create(Rule, location, member, NameOf(Culprit), Hint);

    /// <summary>The same about a parameter or the result of a method.</summary>
    public Diagnostic? AtMethod(Location? location, string parameter) => (this with { Hint = Hint.Replace(LeaveOut, "; pass what it holds as data") }).At(location, parameter);

    // A generic that nests itself without an end has a name without an end.
    static string NameOf(ITypeSymbol type) => type.ToMinimal() is var name && name.Length > MostOfName ? name.Substring(0, MostOfName) + "…" : name;
}
