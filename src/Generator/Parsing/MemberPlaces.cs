using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Where the members of a service, and their parameters, stand in the source; null: in another assembly.</summary>
static class MemberPlaces
{
    /// <summary>The name.</summary>
    public static Location? PlaceOfName(this ISymbol symbol) => SyntaxOf(symbol) switch
    {
        MethodDeclarationSyntax declaration => declaration.Identifier.GetLocation(),
        ParameterSyntax parameter => parameter.Identifier.GetLocation(),
        PropertyDeclarationSyntax property => property.Identifier.GetLocation(),
        IndexerDeclarationSyntax indexer => indexer.ThisKeyword.GetLocation(),
        EventDeclarationSyntax e => e.Identifier.GetLocation(),
        VariableDeclaratorSyntax field => field.Identifier.GetLocation(), // an event in its short form
        _ => null,
    };

    /// <summary>The type of a parameter or of a method's result.</summary>
    public static Location? PlaceOfType(this ISymbol symbol) => SyntaxOf(symbol) switch
    {
        MethodDeclarationSyntax declaration => declaration.ReturnType.GetLocation(),
        ParameterSyntax { Type: { } type } => type.GetLocation(),
        _ => null,
    };

    static SyntaxNode? SyntaxOf(ISymbol symbol) => symbol.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax();
}
