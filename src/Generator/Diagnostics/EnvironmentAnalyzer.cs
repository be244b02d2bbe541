using System.Collections.Immutable;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Says once, at the first contract, that the project is compiled with a C# or for a runtime that generated code cannot do with.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class EnvironmentAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Descriptors.TooOld];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationAction(static end =>
        {
            var known = KnownSymbols.Of(end.Compilation);
            if (!known.IsRuntimePresent || known.WhyNotGenerated is not { } reason)
                return;
            var first = SourceTypes.In(end.Compilation.Assembly)
                .Where(t => MessageKinds.IsButlerMessage(t, known) || t.Has(known.ButlerService)).OrderBy(t => t, SourceOrder.Instance).FirstOrDefault();
            if (first is not null)
                end.ReportDiagnostic(Diagnostic.Create(Descriptors.TooOld, first.Locations[0], reason));
        });
    }
}
