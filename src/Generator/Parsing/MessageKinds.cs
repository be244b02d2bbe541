using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>What kind of message a type is.</summary>
static class MessageKinds
{
    /// <summary>It is annotated as a message of this library, be it here or in a referenced assembly.</summary>
    public static bool IsButlerMessage(INamedTypeSymbol type, KnownSymbols known) => type.Has(known.ButlerMessage) || type.Has(known.ButlerUnion);

    /// <summary>It is a closed set of other types.</summary>
    public static bool IsUnion(INamedTypeSymbol type, KnownSymbols known) => type.IsAbstract && (type.Has(known.ButlerUnion) || MessagePackCSharp.IsUnion(type));

    /// <summary>It, or a type around it, has type parameters and its members are made of them: each construction has a codec of its own.</summary>
    public static bool UsesTypeParameters(INamedTypeSymbol type, KnownSymbols known)
    {
        if (!HasTypeParameters(type))
            return false;
        for (var t = type.OriginalDefinition; t is not null && t.SpecialType != SpecialType.System_Object; t = t.BaseType)
        {
            foreach (var member in t.GetMembers())
            {
                if (DataType(member) is { } data && !member.Has(known.ButlerIgnore) && Components(data).Any(c => c is ITypeParameterSymbol))
                    return true;
            }
        }

        return false;
    }

    /// <summary>The type of an instance property or field that may hold data; null for anything else.</summary>
    public static ITypeSymbol? DataType(ISymbol member) => member.Kind switch
    {
        SymbolKind.Property when member is IPropertySymbol { IsStatic: false, IsIndexer: false, GetMethod: not null, Name: not "EqualityContract" } property => property.Type,
        SymbolKind.Field when member is IFieldSymbol { IsStatic: false, IsImplicitlyDeclared: false } field => field.Type,
        _ => null,
    };

    /// <summary>The types that a type is made of: itself, elements, type arguments.</summary>
    public static IReadOnlyList<ITypeSymbol> Components(ITypeSymbol type)
    {
        var components = new List<ITypeSymbol>();
        Add(type);
        return components;

        void Add(ITypeSymbol component)
        {
            components.Add(component);
            if (component is IArrayTypeSymbol array)
                Add(array.ElementType);
            else if (component is INamedTypeSymbol { IsGenericType: true } named)
            {
                foreach (var argument in named.TypeArguments)
                    Add(argument);
            }
        }
    }

    static bool HasTypeParameters(INamedTypeSymbol type)
    {
        for (var t = type; t is not null; t = t.ContainingType)
        {
            if (t.TypeParameters.Length > 0)
                return true;
        }

        return false;
    }
}
