using System.Composition;
using System.Globalization;
using ButlerRpc.Generator.Diagnostics;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.CodeFixes;

/// <summary>Lists the cases of an abstract type, or gives a case a tag of its own.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(UnionFix))]
public sealed class UnionFix() : ButlerCodeFix(["BRPC0013", "BRPC0014"], batch: false)
{
    private protected override async Task RegisterAsync(Fix fix)
    {
        if (fix.Diagnostic.Id == "BRPC0014")
        {
            if (fix.Property(FixProperties.FreeCode) is { } tag && fix.Ancestor<AttributeSyntax>()?.ArgumentList?.Arguments.FirstOrDefault() is { } argument)
                fix.Replace($"Take tag {tag}", argument, () => argument.WithExpression(SyntaxFactory.ParseExpression(tag)), "Tag");
            return;
        }

        if (await fix.Document.GetSemanticModelAsync(fix.CancellationToken).ConfigureAwait(false) is not { } model || fix.TypeAt(model) is not { } type)
            return;
        var known = KnownSymbols.Of(model.Compilation);
        foreach (var union in MessageKinds.Components(type).OfType<INamedTypeSymbol>().Where(t => t.IsAbstract && t.DeclaringSyntaxReferences.Any() && !MessageKinds.IsUnion(t, known)))
        {
            var cases = SourceTypes.In(model.Compilation.Assembly)
                .Where(t => t is { IsAbstract: false, TypeParameters.IsEmpty: true } && model.Compilation.HasImplicitConversion(t, union))
                .OrderBy(t => t, SourceOrder.Instance).ToList();
            if (cases.Count > 0)
                Offer(fix, model.Compilation, union, cases);
        }
    }

    static void Offer(Fix fix, Compilation compilation, INamedTypeSymbol union, IReadOnlyList<INamedTypeSymbol> cases)
    {
        var place = union.DeclaringSyntaxReferences[0];
        var model = compilation.GetSemanticModel(place.SyntaxTree);
        var arguments = cases.Select((c, i) => $"{i.ToString(CultureInfo.InvariantCulture)}, typeof({c.ToMinimalDisplayString(model, place.Span.Start)})").Reverse();
        fix.OfferAt(
            $"List the cases of {union.Name}", place,
            declaration => arguments.Aggregate((SyntaxNode)declaration, (node, a) => AttributeEdits.Add(node, AttributeEdits.Make("ButlerUnion", a))),
            "Cases");
    }
}
