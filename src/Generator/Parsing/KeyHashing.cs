using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>
/// Which types can be keys of a decoded dictionary or set without a peer knowing their hash codes. Strings are keyed by the runtime, scalars and enums by this library's
/// KeyComparer; a type that computes its hash code itself is left to its author.
/// </summary>
static class KeyHashing
{
    /// <summary>The first type of key in a type whose hash codes a peer can make collide; null: there is none.</summary>
    public static ITypeSymbol? CollidingKeyIn(ITypeSymbol type) => MessageKinds.Components(type).OfType<INamedTypeSymbol>()
        .Where(IsHashed)
        .Select(t => t.TypeArguments[0])
        .FirstOrDefault(key => !IsSafe(key));

    static bool IsHashed(INamedTypeSymbol type)
    {
        var name = ScalarTypes.MetadataNameOf(type);
        return CollectionForms.OfMap(name) is not null || CollectionForms.OfSequence(name) is { } form && (form.Via == "Set" || form.Build.Contains("{1}"));
    }

    static bool IsSafe(ITypeSymbol key) => key switch
    {
        { SpecialType: SpecialType.System_String } or { TypeKind: TypeKind.Enum } => true,
        INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } => true, // no key at all
        INamedTypeSymbol named => ScalarTypes.MetadataNameOf(named) switch
        {
            "System.Numerics.Complex" or "System.Version" => false,
            "System.Numerics.BigInteger" or "System.Uri" or "System.Globalization.CultureInfo" => true,
            var name when ScalarTypes.Of(name) is not null => true,
            "System.ValueTuple" => true,
            _ when named.IsTupleType => named.TupleElements.All(e => HasDistinctHashCode(e.Type)),
            _ => HashesItself(named),
        },
        _ => true,
    };

    // A tuple mixes the hash codes of its elements with a secret, but the elements' own come first: where two longs share one, so do all tuples of them.
    static bool HasDistinctHashCode(ITypeSymbol type) => type switch
    {
        INamedTypeSymbol { TypeKind: TypeKind.Enum, EnumUnderlyingType: { } underlying } => HasDistinctHashCode(underlying),
        INamedTypeSymbol { IsTupleType: true } tuple => tuple.TupleElements.All(e => HasDistinctHashCode(e.Type)),
        INamedTypeSymbol named => ScalarTypes.MetadataNameOf(named) is "System.String" or "System.Boolean" or "System.Byte" or "System.SByte" or "System.Int16" or "System.UInt16" or
            "System.Int32" or "System.UInt32" or "System.Char" or "System.Half" or "System.DateOnly" or "System.Text.Rune",
        _ => false,
    };

    static bool HashesItself(INamedTypeSymbol type) =>
        type.GetMembers("GetHashCode").OfType<IMethodSymbol>().Any(m => m.Parameters.IsEmpty && !m.IsImplicitlyDeclared) &&
        type.GetMembers("GetHashCode").All(m => m.GetAttributes().All(a => a.AttributeClass?.Name != "CompilerGeneratedAttribute"));
}
