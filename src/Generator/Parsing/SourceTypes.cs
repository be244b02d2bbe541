using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The types of an assembly, nested ones included.</summary>
static class SourceTypes
{
    public static IEnumerable<INamedTypeSymbol> In(IAssemblySymbol assembly)
    {
        var pending = new Stack<INamespaceOrTypeSymbol>();
        pending.Push(assembly.GlobalNamespace);
        while (pending.Count > 0)
        {
            var next = pending.Pop();
            if (next is INamedTypeSymbol type)
            {
                yield return type;
                foreach (var nested in type.GetTypeMembers())
                    pending.Push(nested);
            }
            else
            {
                foreach (var member in ((INamespaceSymbol)next).GetMembers())
                    pending.Push(member);
            }
        }
    }
}

/// <summary>The order in which a reader meets declarations: by file, then by position. What is in no file comes first.</summary>
sealed class SourceOrder : IComparer<ISymbol>
{
    public static readonly SourceOrder Instance = new();

    public int Compare(ISymbol? x, ISymbol? y)
    {
        var (left, right) = (x?.DeclaringSyntaxReferences.FirstOrDefault(), y?.DeclaringSyntaxReferences.FirstOrDefault());
        var byFile = StringComparer.Ordinal.Compare(left?.SyntaxTree.FilePath, right?.SyntaxTree.FilePath);
        return byFile != 0 ? byFile : (left?.Span.Start ?? -1).CompareTo(right?.Span.Start ?? -1);
    }
}
