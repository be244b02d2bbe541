using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.CodeFixes;

/// <summary>Makes a type, and every type around it, partial.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AddPartialFix))]
public sealed class AddPartialFix() : ButlerCodeFix(["BRPC0001", "BRPC1001"])
{
    private protected override Task RegisterAsync(Fix fix)
    {
        if (fix.Ancestor<TypeDeclarationSyntax>() is { } type)
            fix.Replace("Make partial", type, () => type.WithModifiers(type.Modifiers.Add(Partial(type))).WithKeywordSpacing());
        return Task.CompletedTask;
    }

    static SyntaxToken Partial(TypeDeclarationSyntax type) => SyntaxFactory.Token(SyntaxKind.PartialKeyword)
        .WithLeadingTrivia(type.Modifiers.Count == 0 ? type.Keyword.LeadingTrivia : default)
        .WithTrailingTrivia(SyntaxFactory.Space);
}

static class KeywordSpacing
{
    // The first modifier has taken the keyword's leading trivia over.
    public static TypeDeclarationSyntax WithKeywordSpacing(this TypeDeclarationSyntax type) =>
        type.Modifiers.Count == 1 ? type.WithKeyword(type.Keyword.WithLeadingTrivia()) : type;
}
