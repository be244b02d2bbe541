using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.Generator.Parsing;

/// <summary>A member of a type that is or may be part of a message.</summary>
/// <param name="Symbol">The property or field.</param>
/// <param name="Type">Its type.</param>
/// <param name="Parameter">The positional parameter that made it, or the constructor parameter that carries its attributes; null: none.</param>
sealed record MessageMember(ISymbol Symbol, ITypeSymbol Type, IParameterSymbol? Parameter)
{
    public string Name => Symbol.Name;

    public bool IsSettable => Symbol is IPropertySymbol { SetMethod: not null } or IFieldSymbol { IsReadOnly: false };

    public bool IsInitOnly => Symbol is IPropertySymbol { SetMethod.IsInitOnly: true };

    public bool IsRequired => Symbol is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true };

    /// <summary>False: what getting and setting it does is the user's code. A property in two parts has bodies in the second one.</summary>
    public bool IsAutomatic => Symbol is not IPropertySymbol property || (property.PartialImplementationPart is null && property.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() switch
    {
        ParameterSyntax => true,
        PropertyDeclarationSyntax { ExpressionBody: null, AccessorList: { } accessors } => accessors.Accessors.All(a => a.Body is null && a.ExpressionBody is null),
        null => property.GetMethod?.GetAttributes().Any(a => a.AttributeClass?.Name == "CompilerGeneratedAttribute") == true,
        _ => false,
    });

    /// <summary>Those of the member, then those of the parameter it comes from.</summary>
    public ImmutableArray<AttributeData> Attributes { get; } = Parameter is null ? Symbol.GetAttributes() : Symbol.GetAttributes().AddRange(Parameter.GetAttributes());

    public AttributeData? Find(INamedTypeSymbol? attribute) => Attributes.Find(attribute);

    /// <summary>Where it is named in the source; null: in another assembly.</summary>
    public Location? Location => (Symbol.Locations.FirstOrDefault(l => l.IsInSource) ?? Parameter?.Locations.FirstOrDefault(l => l.IsInSource)) is { } location ? location : null;
}

/// <summary>The data members of types, listed once per compilation.</summary>
sealed class MessageMembers
{
    readonly ConcurrentDictionary<INamedTypeSymbol, IReadOnlyList<MessageMember>> _members = new(SymbolEqualityComparer.IncludeNullability);

    /// <summary>Those of the base types first, and each name once.</summary>
    public IReadOnlyList<MessageMember> Of(INamedTypeSymbol type) => _members.TryGetValue(type, out var members) ? members : _members.GetOrAdd(type, List(type));

    /// <summary>The constructor that a declaration's own parameter list makes; null: it has none.</summary>
    public static IMethodSymbol? PrimaryConstructor(INamedTypeSymbol type)
    {
        foreach (var constructor in type.InstanceConstructors)
        {
            if (constructor.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() is TypeDeclarationSyntax)
                return constructor;
        }

        // A record from metadata: the constructor whose parameters are what Deconstruct yields.
        if (!type.IsRecord || type.DeclaringSyntaxReferences.Any())
            return null;
        var deconstruct = type.GetMembers("Deconstruct").OfType<IMethodSymbol>().Where(m => m.ReturnsVoid && m.Parameters.All(p => p.RefKind == RefKind.Out))
            .OrderByDescending(m => m.Parameters.Length).FirstOrDefault();
        return deconstruct is null ? null : type.InstanceConstructors.FirstOrDefault(c => c.Parameters.Select(p => p.Name).SequenceEqual(deconstruct.Parameters.Select(p => p.Name)));
    }

    List<MessageMember> List(INamedTypeSymbol type)
    {
        var inherited = type.BaseType is { SpecialType: not (SpecialType.System_Object or SpecialType.System_ValueType) } above ? Of(above) : [];
        var declared = Declared(type);
        var members = new List<MessageMember>(inherited.Count + declared.Count);
        var places = new Dictionary<string, int>(inherited.Count + declared.Count, StringComparer.Ordinal);
        foreach (var member in inherited.Concat(declared))
        {
            // An override, or a member that hides another: one member on the wire, as the most derived type sees it.
            if (places.TryGetValue(member.Name, out var place))
            {
                members[place] = member;
                continue;
            }

            places.Add(member.Name, members.Count);
            members.Add(member);
        }

        return members;
    }

    static IReadOnlyList<MessageMember> Declared(INamedTypeSymbol type)
    {
        var primary = PrimaryConstructor(type);
        var members = new List<MessageMember>();
        var areInOrder = true;
        foreach (var symbol in type.GetMembers())
        {
            if (MessageKinds.DataType(symbol) is not { } data || symbol is IPropertySymbol { ExplicitInterfaceImplementations.IsEmpty: false })
                continue;
            var member = new MessageMember(symbol, data, primary is null ? null : ParameterOf(symbol.Name, primary));
            areInOrder &= members.Count == 0 || Position(members[members.Count - 1]) <= Position(member);
            members.Add(member);
        }

        // GetMembers follows the order of the declarations; positional members come first, in the order of the list.
        return areInOrder || !type.IsRecord ? members : [.. members.OrderBy(Position)];
    }

    static int Position(MessageMember member) => member.Parameter is { } parameter && parameter.Name == member.Name ? parameter.Ordinal : int.MaxValue;

    static IParameterSymbol? ParameterOf(string member, IMethodSymbol primary)
    {
        IParameterSymbol? alike = null;
        foreach (var parameter in primary.Parameters)
        {
            if (parameter.Name == member)
                return parameter;
            if (alike is null && ConstructorChoice.Matches(parameter, member))
                alike = parameter;
        }

        return alike;
    }
}
