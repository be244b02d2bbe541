using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.CodeFixes;

/// <summary>Makes a service of the interface that is used as one.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AnnotateServiceFix))]
public sealed class AnnotateServiceFix() : ButlerCodeFix(["BRPC2001"])
{
    private protected override async Task RegisterAsync(Fix fix)
    {
        var model = await fix.Document.GetSemanticModelAsync(fix.CancellationToken).ConfigureAwait(false);
        if (fix.Ancestor<TypeSyntax>() is not { } name || model.GetTypeInfo(name, fix.CancellationToken).Type is not INamedTypeSymbol { TypeKind: TypeKind.Interface } type ||
            type.DeclaringSyntaxReferences is not [var reference, ..])
        {
            return;
        }

        fix.Offer("Mark the interface with [ButlerService]", async token =>
        {
            var declaration = (InterfaceDeclarationSyntax)await reference.GetSyntaxAsync(token).ConfigureAwait(false);
            var changed = declaration.Modifiers.Any(SyntaxKind.PartialKeyword) ? declaration : AddPartialFix.MakePartial(declaration);
            var solution = fix.Document.Project.Solution;
            var document = solution.GetDocument(declaration.SyntaxTree)!;
            var root = await declaration.SyntaxTree.GetRootAsync(token).ConfigureAwait(false);
            return document.WithSyntaxRoot(root.ReplaceNode(declaration, AttributeEdits.Add(changed, AttributeEdits.Make("ButlerService")))).Project.Solution;
        });
    }
}
