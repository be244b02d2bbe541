using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;

namespace ButlerRpc.CodeFixes;

/// <summary>Changes of attributes.</summary>
static class AttributeEdits
{
    /// <summary>The attribute <c>[ButlerRpc.Name(arguments)]</c>, its namespace dropped where a using brings it.</summary>
    public static AttributeListSyntax Make(string name, string arguments = "")
    {
        var qualified = SyntaxFactory.ParseName("global::ButlerRpc." + name).WithAdditionalAnnotations(Simplifier.Annotation);
        var attribute = SyntaxFactory.Attribute(qualified, arguments.Length == 0 ? null : SyntaxFactory.ParseAttributeArgumentList($"({arguments})"));
        return SyntaxFactory.AttributeList(SyntaxFactory.SingletonSeparatedList(attribute)).WithAdditionalAnnotations(Formatter.Annotation);
    }

    /// <summary>For the property that a positional parameter makes.</summary>
    public static AttributeTargetSpecifierSyntax PropertyTarget =>
        SyntaxFactory.AttributeTargetSpecifier(SyntaxFactory.Token(SyntaxKind.PropertyKeyword)).WithTrailingTrivia(SyntaxFactory.Space);

    /// <summary>Puts an attribute in front of a declaration: on a line of its own, or beside a parameter.</summary>
    public static SyntaxNode Add(SyntaxNode declaration, AttributeListSyntax attribute)
    {
        if (declaration is ParameterSyntax parameter)
            return parameter.WithoutLeadingTrivia().AddAttributeLists(attribute.WithTrailingTrivia(SyntaxFactory.Space)).WithLeadingTrivia(parameter.GetLeadingTrivia());
        var member = (MemberDeclarationSyntax)declaration;
        var leading = member.GetLeadingTrivia();
        var indent = SyntaxFactory.TriviaList(leading.Reverse().TakeWhile(t => t.IsKind(SyntaxKind.WhitespaceTrivia)).Reverse());
        var first = attribute.WithLeadingTrivia(leading).WithTrailingTrivia(SyntaxFactory.ElasticLineFeed);
        var rest = member.WithLeadingTrivia(indent);
        return rest.WithAttributeLists(rest.AttributeLists.Insert(0, first));
    }

    /// <summary>Sets a named argument.</summary>
    public static AttributeSyntax With(AttributeSyntax attribute, string name, string value)
    {
        var argument = SyntaxFactory.AttributeArgument(SyntaxFactory.NameEquals(name), null, SyntaxFactory.ParseExpression(value)).NormalizeWhitespace();
        var arguments = attribute.ArgumentList?.Arguments ?? default;
        var old = arguments.FirstOrDefault(a => a.NameEquals?.Name.Identifier.ValueText == name);
        var changed = old is null ? arguments.Add(argument) : arguments.Replace(old, argument.WithTriviaFrom(old));
        return attribute.WithArgumentList(SyntaxFactory.AttributeArgumentList(changed)).WithAdditionalAnnotations(Formatter.Annotation);
    }

    /// <summary>The attribute of that name (with or without suffix and namespace) on a declaration.</summary>
    public static AttributeSyntax? Find(SyntaxList<AttributeListSyntax> lists, string name) => lists
        .SelectMany(l => l.Attributes)
        .FirstOrDefault(a => a.Name.ToString().Split('.', ':').Last() is var last && (last == name || last == name + "Attribute"));
}
