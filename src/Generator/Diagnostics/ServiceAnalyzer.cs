using System.Collections.Immutable;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Reports what keeps a service, or one of its members, from being generated: what the generator's own parser finds.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ServiceAnalyzer : ContractAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        .. Descriptors.InCategory(Descriptors.Services).Except([Descriptors.MethodCodeTaken, Descriptors.NothingToRepeat]),
        .. Descriptors.InCategory(Descriptors.Messages), // what is wrong with the type of a value
        Descriptors.CodecFormatDiffers,
    ];

    private protected override void Begin(CompilationStartAnalysisContext start, KnownSymbols known)
    {
        start.RegisterSymbolAction(
            symbol =>
            {
                var service = (INamedTypeSymbol)symbol.Symbol;
                if (service.TypeKind != TypeKind.Interface || !service.Has(known.ButlerService) || !ServiceShape.Check(service, known, symbol.ReportDiagnostic))
                    return;
                var parser = new ServiceParser(service, known, symbol.ReportDiagnostic, symbol.CancellationToken);
                parser.ParseCallback();
                new ServiceReview(service, known, symbol.ReportDiagnostic).Run(parser.ParseMethods());
            },
            SymbolKind.NamedType);
    }
}
