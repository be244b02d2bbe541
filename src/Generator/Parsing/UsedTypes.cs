using System.Collections.Concurrent;
using System.Collections.Immutable;
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
        var messages = ImmutableArray.CreateBuilder<INamedTypeSymbol>(0);
        var enums = ImmutableArray.CreateBuilder<INamedTypeSymbol>(0);
        foreach (var component in MessageKinds.Components(type))
        {
            IsForbidden |= ForbiddenUse.Marks(component) || (component.ContainingType is { } outer && ForbiddenUse.Marks(outer));
            if (component is not INamedTypeSymbol named)
                continue;
            if (named.TypeKind == TypeKind.Enum)
                enums.Add(named);
            else if (MessageKinds.IsButlerMessage(named, known) || MessagePackCSharp.IsAnnotated(named))
                messages.Add((INamedTypeSymbol)named.WithNullableAnnotation(NullableAnnotation.NotAnnotated));
        }

        Messages = messages.ToImmutable();
        Enums = enums.ToImmutable();
    }

    /// <summary>Its name as it is declared.</summary>
    public string FullyQualified { get; }

    /// <summary>The messages among its <see cref="MessageKinds.Components"/>, and types annotated for another library.</summary>
    public ImmutableArray<INamedTypeSymbol> Messages { get; }

    /// <summary>The enums among them.</summary>
    public ImmutableArray<INamedTypeSymbol> Enums { get; }

    /// <summary>See <see cref="ForbiddenUse"/>.</summary>
    public bool IsForbidden { get; }

    /// <summary>How it travels, as far as that has been found out.</summary>
    public WireType? this[WireOptions options]
    {
        get => _wires[(int)options];
        set => _wires[(int)options] = value;
    }
}
