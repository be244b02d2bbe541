using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>
/// Which messages are written without running a line of user code: all their members are fields and automatic properties of types for which that holds. Only those
/// may be written under a session's lock, where user code could come back to the session.
/// </summary>
sealed class ClosedShapes(KnownSymbols known)
{
    readonly Dictionary<ISymbol, bool> _known = new(SymbolEqualityComparer.Default);

    public bool IsClosed(INamedTypeSymbol type)
    {
        lock (_known)
        {
            if (_known.TryGetValue(type, out var closed))
                return closed;
            _known[type] = false; // what comes back to itself is not bounded
            return _known[type] = AllMembersAre(type);
        }
    }

    bool AllMembersAre(INamedTypeSymbol type)
    {
        var classifier = new TypeClassifier(known, CancellationToken.None);
        foreach (var member in known.Members.Of(type))
        {
            if (member.Find(known.ButlerIgnore) is not null)
                continue;
            var isCandidate = member.Symbol is IPropertySymbol || member.Symbol.DeclaredAccessibility == Accessibility.Public || member.Find(known.ButlerField) is not null;
            if (isCandidate && (!IsPlain(member) || member.Find(known.UseCodec) is not null || classifier.Classify(member.Type, out _) is not { IsClosedShape: true }))
                return false;
        }

        return true;
    }

    static bool IsPlain(MessageMember member) => member is { IsAutomatic: true, Symbol: { IsVirtual: false, IsOverride: false, IsAbstract: false } };
}
