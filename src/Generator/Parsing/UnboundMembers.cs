using ButlerRpc.Generator.Emitting;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Declarations of members that are not called remotely: those that cannot be, so that the proxy still implements its interface and one mistake shows as one error, and disposal.</summary>
static class UnboundMembers
{
    public static UnboundMember Of(ISymbol member)
    {
        var owner = member.ContainingType.ToFullyQualifiedBare();
        var modifier = (member.IsStatic ? "static " : "") + (HasPointers(member) ? "unsafe " : "");
        return member switch
        {
            IMethodSymbol method => new($"{modifier}{Return(method)} {owner}.{Identifiers.Escape(method.Name)}{Generics(method)}({Parameters(method.Parameters)})", []),
            IPropertySymbol { IsIndexer: true } indexer => new($"{modifier}{Type(indexer.Type, indexer.RefKind)} {owner}.this[{Parameters(indexer.Parameters)}]", Accessors(indexer)),
            IPropertySymbol property => new($"{modifier}{Type(property.Type, property.RefKind)} {owner}.{Identifiers.Escape(property.Name)}", Accessors(property)),
            IEventSymbol e => new($"{modifier}event {e.Type.ToFullyQualified()} {owner}.{Identifiers.Escape(e.Name)}", ["add", "remove"]),
            _ => throw new InvalidOperationException($"an interface cannot demand {member.Kind} {member.Name}"),
        };
    }

    /// <summary>A proxy holds nothing: there is nothing to dispose of.</summary>
    public static UnboundMember Disposal(IMethodSymbol method) => Of(method) with { Body = method.ReturnsVoid ? "" : "return default;" };

    static bool HasPointers(ISymbol member) => member switch
    {
        IMethodSymbol method => IsPointer(method.ReturnType) || method.Parameters.Any(p => IsPointer(p.Type)),
        IPropertySymbol property => IsPointer(property.Type) || property.Parameters.Any(p => IsPointer(p.Type)),
        _ => false,
    };

    static bool IsPointer(ITypeSymbol type) => MessageKinds.Components(type).Any(t => t.TypeKind is TypeKind.Pointer or TypeKind.FunctionPointer);

    static string Return(IMethodSymbol method) => method.ReturnsVoid ? "void" : Type(method.ReturnType, method.RefKind);

    static string Type(ITypeSymbol type, RefKind kind) => kind switch
    {
        RefKind.Ref => "ref ",
        RefKind.RefReadOnly => "ref readonly ",
        _ => "",
    } + type.ToFullyQualified();

    static string Generics(IMethodSymbol method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.TypeParameters.Select(p => Identifiers.Escape(p.Name)))}>" : "";

    static string Parameters(IEnumerable<IParameterSymbol> parameters) => string.Join(", ", parameters.Select(p => p.RefKind switch
    {
        RefKind.Ref => "ref ",
        RefKind.Out => "out ",
        RefKind.In => "in ",
        RefKind.RefReadOnlyParameter => "ref readonly ",
        _ => "",
    } + p.Type.ToFullyQualified() + " " + Identifiers.Escape(p.Name)));

    static EquatableArray<string> Accessors(IPropertySymbol property) => new[]
    {
        property.GetMethod is null ? null : "get",
        property.SetMethod is null ? null : property.SetMethod.IsInitOnly ? "init" : "set",
    }.OfType<string>().ToEquatableArray();
}
