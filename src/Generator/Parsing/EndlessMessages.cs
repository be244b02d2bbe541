using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>
/// Finds messages that could only be made of endlessly many: each must hold another one. A member that may be nil, a collection that may be empty and a union with
/// another case end the chain.
/// </summary>
sealed class EndlessMessages(KnownSymbols known, CancellationToken cancellationToken)
{
    // Beyond this a generic type nests itself at each construction, which is another fault.
    const int MostSteps = 2000;

    readonly HashSet<ISymbol> _ending = new(SymbolEqualityComparer.Default);
    int _steps;

    /// <summary>The steps that lead from the message back to itself, when it is the first of its ring in the source; else null.</summary>
    public IReadOnlyList<Step>? RingOf(INamedTypeSymbol message)
    {
        if (!known.Cycles.IsCyclic(message) || CanEnd(message, []) || _steps > MostSteps || Ring(message) is not { } ring)
            return null;
        if (ring.All(s => s.From.IsValueType)) // the compiler itself refuses those
            return null;
        var first = ring.Select(s => s.From.OriginalDefinition).Where(t => t.DeclaringSyntaxReferences.Any()).OrderBy(t => t, SourceOrder.Instance).First();
        return SymbolEqualityComparer.Default.Equals(first, message.OriginalDefinition) ? ring : null;
    }

    bool CanEnd(INamedTypeSymbol type, Stack<INamedTypeSymbol> path)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // A generic message comes back to another through its type arguments only.
        if (_ending.Contains(type) || (!type.IsGenericType && !known.Cycles.IsCyclic(type)) || ++_steps > MostSteps)
            return true;
        if (path.Contains(type, SymbolEqualityComparer.Default))
            return false;
        path.Push(type);
        var ends = MessageKinds.IsUnion(type, known) ? Steps(type).Any(s => CanEnd(s.To, path)) : Steps(type).All(s => CanEnd(s.To, path));
        path.Pop();
        if (ends)
            _ending.Add(type);
        return ends;
    }

    // The shortest way back, breadth first.
    List<Step>? Ring(INamedTypeSymbol message)
    {
        var ways = new Queue<List<Step>>();
        ways.Enqueue([]);
        var seen = new HashSet<ISymbol>(SymbolEqualityComparer.Default);
        while (ways.Count > 0)
        {
            var way = ways.Dequeue();
            foreach (var step in Steps(way.Count == 0 ? message : way[way.Count - 1].To))
            {
                List<Step> longer = [.. way, step];
                if (SymbolEqualityComparer.Default.Equals(step.To, message))
                    return longer;
                if (seen.Add(step.To) && !CanEnd(step.To, []))
                    ways.Enqueue(longer);
            }
        }

        return null;
    }

    IEnumerable<Step> Steps(INamedTypeSymbol type)
    {
        if (MessageKinds.IsUnion(type, known))
        {
            return type.GetAttributes().Where(a => a.AttributeClass.Is(known.ButlerUnion))
                .Select(a => a.ConstructorArguments is [_, { Value: INamedTypeSymbol @case }] ? new Step(type, null, @case) : null).OfType<Step>();
        }

        return known.Members.Of(type)
            .Where(m => m.Find(known.ButlerIgnore) is null && m.Find(known.UseCodec) is null && IsPart(m))
            .SelectMany(m => Held(m.Type).Select(held => new Step(type, m, held)));
    }

    // What is left out for another reason is reported for that.
    bool IsPart(MessageMember member) => member.Find(known.ButlerField) is not null || member.Parameter is not null;

    /// <summary>The messages that a value of the type cannot do without.</summary>
    IEnumerable<INamedTypeSymbol> Held(ITypeSymbol type)
    {
        if (type is not INamedTypeSymbol named || (!type.IsValueType && type.NullableAnnotation != NullableAnnotation.NotAnnotated) ||
            named.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T)
        {
            return [];
        }

        if (MessageKinds.IsButlerMessage(named, known))
            return [(INamedTypeSymbol)named.WithNullableAnnotation(NullableAnnotation.NotAnnotated)];
        return named.IsTupleType ? named.TupleElements.SelectMany(e => Held(e.Type)) : [];
    }

    /// <summary>A message, the member of it that must be there (null: it is a union), and what that member must hold.</summary>
    internal sealed record Step(INamedTypeSymbol From, MessageMember? Member, INamedTypeSymbol To)
    {
        public override string ToString() => Member is null ? From.Name : $"{From.Name}.{Member.Name}";
    }
}
