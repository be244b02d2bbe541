using System.Text;
using ButlerRpc.Generator.Emitting;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>How types are written in generated code, in messages and in file names.</summary>
static class TypeNames
{
    /// <summary>With <c>?</c> on references: for places where nullability matters.</summary>
    static readonly SymbolDisplayFormat Annotated = SymbolDisplayFormat.FullyQualifiedFormat.WithMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.UseSpecialTypes | SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers |
        SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>Without <c>?</c> on references: for typeof, base lists and static members.</summary>
    static readonly SymbolDisplayFormat Bare = SymbolDisplayFormat.FullyQualifiedFormat.WithMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.UseSpecialTypes | SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers);

    static readonly SymbolDisplayFormat Display = new(
        SymbolDisplayGlobalNamespaceStyle.Omitted,
        SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        SymbolDisplayGenericsOptions.IncludeTypeParameters);

    public static string ToFullyQualified(this ITypeSymbol type) => type.ToDisplayString(Annotated);

    public static string ToFullyQualifiedBare(this ITypeSymbol type) => type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(Bare);

    public static string ToDisplayName(this ITypeSymbol type) => type.ToDisplayString(Display);

    /// <summary>As short as it can be: for messages to people.</summary>
    public static string ToMinimal(this ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);

    public static TypeName ToTypeName(this INamedTypeSymbol type, KnownSymbols known)
    {
        var containers = new Stack<ContainingType>();
        for (var outer = type.ContainingType; outer is not null; outer = outer.ContainingType)
            containers.Push(ToContainingType(outer));
        return new TypeName
        {
            Namespace = type.ContainingNamespace is { IsGlobalNamespace: false } ns ? EscapedNamespace(ns) : "",
            Containers = containers.ToEquatableArray(),
            Self = ToContainingType(type),
            FullyQualified = type.ToFullyQualifiedBare(),
            DisplayName = type.ToDisplayName(),
            FileName = ToFileName(type),
            HasTwin = known.Twins.Has(type),
            IsPublic = type.IsVisibleOutside(),
        };
    }

    /// <summary>True when another assembly may name the type.</summary>
    public static bool IsVisibleOutside(this ITypeSymbol type)
    {
        for (ISymbol? symbol = type; symbol is ITypeSymbol; symbol = symbol.ContainingType)
        {
            if (symbol.DeclaredAccessibility is not (Accessibility.Public or Accessibility.NotApplicable))
                return false;
        }

        return type is not INamedTypeSymbol named || named.TypeArguments.All(IsVisibleOutside);
    }

    /// <summary>True when generated code beside the type may name it: neither it nor a type around it is private, protected or file-local.</summary>
    public static bool IsNameable(this INamedTypeSymbol type)
    {
        for (var symbol = type; symbol is not null; symbol = symbol.ContainingType)
        {
            if (symbol.IsFileLocal || symbol.DeclaredAccessibility is Accessibility.Private or Accessibility.Protected or Accessibility.ProtectedAndInternal)
                return false;
        }

        return true;
    }

    static ContainingType ToContainingType(INamedTypeSymbol type) => new(
        type switch
        {
            { TypeKind: TypeKind.Interface } => "interface",
            { IsRecord: true, TypeKind: TypeKind.Struct } => "record struct",
            { IsRecord: true } => "record",
            { TypeKind: TypeKind.Struct } => "struct",
            _ => "class",
        },
        Identifiers.Escape(type.Name),
        type.TypeParameters.IsEmpty ? "" : $"<{string.Join(", ", type.TypeParameters.Select(p => Identifiers.Escape(p.Name)))}>");

    static string EscapedNamespace(INamespaceSymbol ns)
    {
        var name = Identifiers.Escape(ns.Name);
        return ns.ContainingNamespace is { IsGlobalNamespace: false } outer ? $"{EscapedNamespace(outer)}.{name}" : name;
    }

    static string ToFileName(INamedTypeSymbol type)
    {
        var builder = new StringBuilder(type.MetadataName);
        for (ISymbol outer = type; outer.ContainingType is { } container; outer = container)
            builder.Insert(0, '.').Insert(0, container.MetadataName);
        for (var ns = type.ContainingNamespace; ns is { IsGlobalNamespace: false }; ns = ns.ContainingNamespace)
            builder.Insert(0, '.').Insert(0, ns.Name);
        return builder.ToString();
    }
}
