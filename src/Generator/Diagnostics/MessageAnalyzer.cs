using System.Collections.Immutable;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Reports what keeps a message, or one of its members, from being generated: what the generator's own parser finds.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class MessageAnalyzer : ContractAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [.. Descriptors.InCategory(Descriptors.Messages), Descriptors.CodecFormatDiffers];

    private protected override void Begin(CompilationStartAnalysisContext start, KnownSymbols known)
    {
        start.RegisterSymbolAction(
            symbol =>
            {
                var type = (INamedTypeSymbol)symbol.Symbol;
                if (type.TypeKind is TypeKind.Delegate or TypeKind.Enum) // the compiler refuses the attribute there
                    return;
                if (!MessageKinds.IsButlerMessage(type, known) || !MessageShape.Check(type, symbol.ReportDiagnostic))
                    return;
                if (MessageKinds.UsesTypeParameters(type, known))
                    CheckOpen(symbol, type, type.Find(known.ButlerMessage));
                else
                    Check(symbol, type, known);
            },
            SymbolKind.NamedType);
    }

    static void Check(SymbolAnalysisContext context, INamedTypeSymbol type, KnownSymbols known)
    {
        var hasBadIndex = false;
        var model = new MessageParser(type, new TypeClassifier(known, context.CancellationToken), fault =>
        {
            hasBadIndex |= fault.Id is "BRPC0006" or "BRPC0007" or "BRPC0009";
            context.ReportDiagnostic(fault);
        }).Parse(TypeClassifier.CodecClass);
        new MessageReview(type, model, known, context.ReportDiagnostic, context.CancellationToken).Run(hasBadIndex);
    }

    // A code, or an iproto form, belongs to one type; an open generic becomes as many as it is closed with.
    static void CheckOpen(SymbolAnalysisContext context, INamedTypeSymbol type, AttributeData? attribute)
    {
        if (attribute.Named("Code", 0) != 0 || attribute.Named("Formats", 0) != 0)
            context.ReportDiagnostic(new TypeFault(Descriptors.OpenGeneric, type, "; leave Code and Formats out, which belong to one type").At(type.Locations[0], type.Name)!);
    }
}
