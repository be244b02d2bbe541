using System.Composition;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;

namespace ButlerRpc.CodeFixes;

/// <summary>Makes a message of a type that travels as one.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AnnotateMessageFix))]
public sealed class AnnotateMessageFix() : ButlerCodeFix(["BRPC0012"], batch: false)
{
    private protected override async Task RegisterAsync(Fix fix)
    {
        if (await fix.Document.GetSemanticModelAsync(fix.CancellationToken).ConfigureAwait(false) is not { } model || fix.TypeAt(model) is not { } type)
            return;
        var known = KnownSymbols.Of(model.Compilation);
        foreach (var culprit in MessageKinds.Components(type).OfType<INamedTypeSymbol>().Where(t => t.DeclaringSyntaxReferences.Any() && t.TypeKind != TypeKind.Enum && !MessageKinds.IsButlerMessage(t, known)))
        {
            fix.OfferAt(
                $"Mark {culprit.Name} with [ButlerMessage]", culprit.DeclaringSyntaxReferences[0], declaration => AttributeEdits.Add(declaration, AttributeEdits.Make("ButlerMessage")));
        }
    }
}
