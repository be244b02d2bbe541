using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>
/// Which messages can hold themselves, through whatever others: only those count depth when they are written and read. Strongly connected components by Tarjan's
/// algorithm over the definitions; each message is looked at once per compilation.
/// </summary>
sealed class MessageCycles(KnownSymbols known)
{
    readonly Dictionary<ISymbol, Node> _nodes = new(SymbolEqualityComparer.Default);
    readonly Stack<Node> _open = new();
    int _next;

    public bool IsCyclic(INamedTypeSymbol type)
    {
        lock (_nodes)
            return Visit(type.OriginalDefinition).IsCyclic;
    }

    Node Visit(INamedTypeSymbol definition)
    {
        if (_nodes.TryGetValue(definition, out var node))
            return node;
        node = new Node { Index = _next, Low = _next, IsOpen = true };
        _next++;
        _nodes.Add(definition, node);
        _open.Push(node);
        foreach (var target in Targets(definition))
        {
            var other = Visit(target);
            if (!other.IsOpen)
                continue;
            node.Low = Math.Min(node.Low, other.Low);
            node.IsCyclic |= ReferenceEquals(other, node);
        }

        if (node.Low == node.Index)
        {
            var alone = ReferenceEquals(_open.Peek(), node);
            Node member;
            do
            {
                member = _open.Pop();
                member.IsOpen = false;
                member.IsCyclic |= !alone;
            }
            while (!ReferenceEquals(member, node));
        }

        return node;
    }

    // One that is met twice is visited once.
    IEnumerable<INamedTypeSymbol> Targets(INamedTypeSymbol definition)
    {
        foreach (var member in known.Members.Of(definition))
        {
            if (member.Find(known.ButlerIgnore) is not null)
                continue;
            foreach (var message in known.Types[member.Type].Messages)
                yield return message.OriginalDefinition;
        }

        foreach (var attribute in definition.GetAttributes())
        {
            if ((attribute.AttributeClass.Is(known.ButlerUnion) || attribute.AttributeClass?.Name == "UnionAttribute") && attribute.ConstructorArguments is [_, { Value: ITypeSymbol @case }])
            {
                foreach (var message in known.Types[@case].Messages)
                    yield return message.OriginalDefinition;
            }
        }
    }

    sealed class Node
    {
        public required int Index { get; init; }

        public required int Low { get; set; }

        public bool IsOpen { get; set; }

        public bool IsCyclic { get; set; }
    }
}
