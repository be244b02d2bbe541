using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The attributes of MessagePack-CSharp, recognised by their full names: types annotated for it travel without being touched, and with the same bytes.</summary>
static class MessagePackCSharp
{
    const string Namespace = "MessagePack.";

    /// <summary>The type says how it is to be encoded.</summary>
    public static bool IsAnnotated(INamedTypeSymbol type) => Find(type, "MessagePackObjectAttribute") is not null || IsUnion(type);

    /// <summary>The type lists its cases.</summary>
    public static bool IsUnion(INamedTypeSymbol type) => type.IsAbstract && Find(type, "UnionAttribute") is not null;

    /// <summary>Tags and cases.</summary>
    public static IEnumerable<AttributeData> Unions(INamedTypeSymbol type) => type.GetAttributes().Where(a => Is(a, "UnionAttribute"));

    /// <summary>All public members are keyed by their names.</summary>
    public static bool KeysAreNames(INamedTypeSymbol type) =>
        Find(type, "MessagePackObjectAttribute") is { } attribute && attribute.ConstructorArguments is [{ Value: true }, ..];

    /// <summary>The key of a member: an index or a name; null: it has none.</summary>
    public static object? KeyOf(ISymbol member) => Find(member, "KeyAttribute")?.ConstructorArguments is [{ Value: { } key }] ? key : null;

    public static bool IsIgnored(ISymbol member) => Find(member, "IgnoreMemberAttribute") is not null;

    public static bool IsChosen(IMethodSymbol constructor) => Find(constructor, "SerializationConstructorAttribute") is not null;

    static AttributeData? Find(ISymbol symbol, string name) => symbol.GetAttributes().FirstOrDefault(a => Is(a, name));

    static bool Is(AttributeData attribute, string name) => attribute.AttributeClass is { } type && type.Name == name && type.ToDisplayString() == Namespace + name;
}
