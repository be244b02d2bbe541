using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.CodeFixes;

/// <summary>The types of members and parameters, as they are written.</summary>
static class MemberTypes
{
    /// <summary>The property, field or parameter that a node belongs to; null: none.</summary>
    public static SyntaxNode? MemberAround(SyntaxNode node) => node.AncestorsAndSelf().FirstOrDefault(n => n is PropertyDeclarationSyntax or FieldDeclarationSyntax or ParameterSyntax);

    public static TypeSyntax? Of(SyntaxNode? member) => member switch
    {
        PropertyDeclarationSyntax property => property.Type,
        FieldDeclarationSyntax field => field.Declaration.Type,
        ParameterSyntax parameter => parameter.Type,
        _ => null,
    };

    /// <summary>The same with a question mark.</summary>
    public static TypeSyntax Nullable(TypeSyntax type) => SyntaxFactory.NullableType(type.WithoutTrivia()).WithTriviaFrom(type);
}
