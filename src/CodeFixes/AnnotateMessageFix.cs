using System.Composition;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.CodeFixes;

/// <summary>Makes a message of a type that travels as one.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AnnotateMessageFix))]
public sealed class AnnotateMessageFix() : ButlerCodeFix(["BRPC0012"], batch: false)
{
    private protected override async Task RegisterAsync(Fix fix)
    {
        if (await fix.Document.GetSemanticModelAsync(fix.CancellationToken).ConfigureAwait(false) is not { } model || TypeOf(fix, model) is not { } type)
            return;
        var known = KnownSymbols.Of(model.Compilation);
        foreach (var culprit in MessageKinds.Components(type).OfType<INamedTypeSymbol>().Where(t => t.DeclaringSyntaxReferences.Any() && t.TypeKind != TypeKind.Enum && !MessageKinds.IsButlerMessage(t, known)))
        {
            var reference = culprit.DeclaringSyntaxReferences[0];
            fix.Offer($"Mark {culprit.Name} with [ButlerMessage]", async token =>
            {
                var declaration = (TypeDeclarationSyntax)await reference.GetSyntaxAsync(token).ConfigureAwait(false);
                var changed = declaration.Modifiers.Any(SyntaxKind.PartialKeyword) ? declaration : AddPartialFix.MakePartial(declaration);
                var root = await declaration.SyntaxTree.GetRootAsync(token).ConfigureAwait(false);
                return fix.Document.Project.Solution.GetDocument(declaration.SyntaxTree)!
                    .WithSyntaxRoot(root.ReplaceNode(declaration, AttributeEdits.Add(changed, AttributeEdits.Make("ButlerMessage")))).Project.Solution;
            });
        }
    }

    static ITypeSymbol? TypeOf(Fix fix, SemanticModel model) => fix.Node.AncestorsAndSelf().FirstOrDefault(n => n is TypeSyntax or PropertyDeclarationSyntax or ParameterSyntax or VariableDeclaratorSyntax) switch
    {
        TypeSyntax type => model.GetTypeInfo(type, fix.CancellationToken).Type,
        { } declaration => model.GetDeclaredSymbol(declaration, fix.CancellationToken) switch
        {
            IPropertySymbol property => property.Type,
            IParameterSymbol parameter => parameter.Type,
            IFieldSymbol field => field.Type,
            _ => null,
        },
        null => null,
    };
}
