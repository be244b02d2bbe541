using System.Collections.Concurrent;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The types that members, parameters and results have: thousands of those share a few types, so each type is read once per compilation.</summary>
sealed class UsedTypes(KnownSymbols known)
{
    // List<string> and List<string?> are two: what is nil in one is an error in the other.
    readonly ConcurrentDictionary<ITypeSymbol, UsedType> _types = new(SymbolEqualityComparer.IncludeNullability);

    public UsedType this[ITypeSymbol type] => _types.TryGetValue(type, out var used) ? used : _types.GetOrAdd(type, new UsedType(type, known));
}

/// <summary>A type as it is used.</summary>
sealed class UsedType
{
    readonly WireType?[] _wires = new WireType?[(int)WireOptions.All + 1];

    public UsedType(ITypeSymbol type, KnownSymbols known)
    {
        FullyQualified = type.ToFullyQualified();
        Components = [.. MessageKinds.Components(type).OfType<INamedTypeSymbol>()];
        Messages = [.. Components.Where(c => MessageKinds.IsButlerMessage(c, known) || MessagePackCSharp.IsAnnotated(c))];
        IsForbidden = MessageKinds.Components(type).Any(t => ForbiddenUse.Marks(t) || (t.ContainingType is { } outer && ForbiddenUse.Marks(outer)));
    }

    /// <summary>Its name as it is declared.</summary>
    public string FullyQualified { get; }

    /// <summary>The named types that it is made of, see <see cref="MessageKinds.Components"/>.</summary>
    public IReadOnlyList<INamedTypeSymbol> Components { get; }

    /// <summary>Those of them that are messages.</summary>
    public IReadOnlyList<INamedTypeSymbol> Messages { get; }

    /// <summary>See <see cref="ForbiddenUse"/>.</summary>
    public bool IsForbidden { get; }

    /// <summary>How it travels, as far as that has been found out.</summary>
    public WireType? this[WireOptions options]
    {
        get => _wires[(int)options];
        set => _wires[(int)options] = value;
    }
}
