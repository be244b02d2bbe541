using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;

namespace ButlerRpc.CodeFixes;

/// <summary>Makes a service of the interface that is used as one.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AnnotateServiceFix))]
public sealed class AnnotateServiceFix() : ButlerCodeFix(["BRPC2001"])
{
    private protected override async Task RegisterAsync(Fix fix)
    {
        if (await fix.Document.GetSemanticModelAsync(fix.CancellationToken).ConfigureAwait(false) is { } model &&
            fix.TypeAt(model) is INamedTypeSymbol { TypeKind: TypeKind.Interface, DeclaringSyntaxReferences: [var reference, ..] })
        {
            fix.OfferAt("Mark the interface with [ButlerService]", reference, declaration => AttributeEdits.Add(declaration, AttributeEdits.Make("ButlerService")));
        }
    }
}
