using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace ButlerRpc.CodeFixes;

/// <summary>Makes a type internal, so that generated code can name it.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MakeInternalFix))]
public sealed class MakeInternalFix() : ButlerCodeFix(["BRPC0002", "BRPC1002"])
{
    private protected override Task RegisterAsync(Fix fix)
    {
        // The culprit may be a type around the marked one.
        var hidden = fix.Node.AncestorsAndSelf().OfType<TypeDeclarationSyntax>().Where(IsHidden).ToList();
        if (hidden.Count == 0)
            return Task.CompletedTask;
        fix.Offer("Make internal", async token =>
        {
            var root = await fix.Document.GetSyntaxRootAsync(token).ConfigureAwait(false);
            var generator = SyntaxGenerator.GetGenerator(fix.Document);
            var changed = root!.ReplaceNodes(hidden, (_, now) => generator.WithAccessibility(WithoutFile((TypeDeclarationSyntax)now), Accessibility.Internal));
            return fix.Document.WithSyntaxRoot(changed).Project.Solution;
        });
        return Task.CompletedTask;
    }

    static bool IsHidden(TypeDeclarationSyntax type) =>
        type.Modifiers.Any(SyntaxKind.PrivateKeyword) || type.Modifiers.Any(SyntaxKind.ProtectedKeyword) || type.Modifiers.Any(SyntaxKind.FileKeyword) ||
        (type.Parent is TypeDeclarationSyntax and not InterfaceDeclarationSyntax && !type.Modifiers.Any(SyntaxKind.PublicKeyword) && !type.Modifiers.Any(SyntaxKind.InternalKeyword));

    static TypeDeclarationSyntax WithoutFile(TypeDeclarationSyntax type) =>
        type.Modifiers.FirstOrDefault(m => m.IsKind(SyntaxKind.FileKeyword)) is { RawKind: not 0 } file ? type.WithModifiers(type.Modifiers.Remove(file)) : type;
}
