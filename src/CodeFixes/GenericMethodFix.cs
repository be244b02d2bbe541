using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.CodeFixes;

/// <summary>Removes the type parameters of a method, where it is known what stands for them: nothing, or the type that they are constrained to.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(GenericMethodFix))]
public sealed class GenericMethodFix() : ButlerCodeFix(["BRPC1005"])
{
    private protected override Task RegisterAsync(Fix fix)
    {
        if (fix.Node is not MethodDeclarationSyntax { TypeParameterList: { } parameters } method)
            return Task.CompletedTask;
        var types = parameters.Parameters.ToDictionary(p => p.Identifier.ValueText, p => ConstraintOf(method, p.Identifier.ValueText));
        var uses = method.DescendantNodes().OfType<IdentifierNameSyntax>()
            .Where(n => types.ContainsKey(n.Identifier.ValueText) && n.FirstAncestorOrSelf<TypeParameterConstraintClauseSyntax>() is null).ToList();
        if (uses.All(u => types[u.Identifier.ValueText] is not null))
        {
            fix.Replace("Remove the type parameters", method, () => method
                .ReplaceNodes(uses, (_, use) => types[use.Identifier.ValueText]!.WithTriviaFrom(use))
                .WithTypeParameterList(null)
                .WithParameterList(method.ReplaceNodes(uses, (_, use) => types[use.Identifier.ValueText]!.WithTriviaFrom(use)).ParameterList.WithoutTrailingTrivia())
                .WithConstraintClauses([]));
        }

        return Task.CompletedTask;
    }

    static TypeSyntax? ConstraintOf(MethodDeclarationSyntax method, string parameter) => method.ConstraintClauses
        .Where(c => c.Name.Identifier.ValueText == parameter)
        .SelectMany(c => c.Constraints).OfType<TypeConstraintSyntax>().Select(c => c.Type.WithoutTrivia()).FirstOrDefault();
}
