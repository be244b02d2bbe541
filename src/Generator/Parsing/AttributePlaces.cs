using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Where an attribute, or one of its arguments, stands in the source.</summary>
static class AttributePlaces
{
    /// <summary>Null: in another assembly.</summary>
    public static Location? Place(this AttributeData attribute) => attribute.ApplicationSyntaxReference?.GetSyntax().GetLocation();

    /// <summary>True for one part of a type that is declared in parts, several of which have the attribute: cases of a union may be listed part by part.</summary>
    public static bool IsFirstPart(this GeneratorAttributeSyntaxContext context) =>
        context.TargetSymbol.Find(context.Attributes[0].AttributeClass)?.ApplicationSyntaxReference is { } first &&
        first.SyntaxTree == context.TargetNode.SyntaxTree && context.TargetNode.Span.Contains(first.Span);

    /// <summary>The value of a named argument; the attribute itself when it does not name it.</summary>
    public static Location? PlaceOf(this AttributeData attribute, string argument) =>
        Arguments(attribute)?.FirstOrDefault(a => a.NameEquals?.Name.Identifier.ValueText == argument)?.Expression.GetLocation() ?? attribute.Place();

    /// <summary>A positional argument; the attribute itself when it has fewer.</summary>
    public static Location? PlaceOf(this AttributeData attribute, int argument) =>
        Arguments(attribute)?.Where(a => a.NameEquals is null).ElementAtOrDefault(argument)?.Expression.GetLocation() ?? attribute.Place();

    static IEnumerable<AttributeArgumentSyntax>? Arguments(AttributeData attribute) =>
        (attribute.ApplicationSyntaxReference?.GetSyntax() as AttributeSyntax)?.ArgumentList?.Arguments;
}
