using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace ButlerRpc.CodeFixes;

/// <summary>Adds a constructor without parameters, for the codec alone: what is nested in a message sees what is private.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AddConstructorFix))]
public sealed class AddConstructorFix() : ButlerCodeFix(["BRPC0017"])
{
    private protected override Task RegisterAsync(Fix fix)
    {
        // With a primary constructor each other one would have to call it, with values that nobody knows.
        if (fix.Ancestor<ClassDeclarationSyntax>() is not { ParameterList: null } type)
            return Task.CompletedTask;
        fix.Replace("Add a constructor for the codec", type, () =>
        {
            var constructor = SyntaxFactory.ConstructorDeclaration(type.Identifier.WithoutTrivia()).WithBody(SyntaxFactory.Block()).WithAdditionalAnnotations(Formatter.Annotation);
            var first = type.Members.OfType<ConstructorDeclarationSyntax>().FirstOrDefault();
            return first is null ? type.WithMembers(type.Members.Insert(0, constructor)) : type.InsertNodesBefore(first, [constructor]);
        });
        return Task.CompletedTask;
    }
}
