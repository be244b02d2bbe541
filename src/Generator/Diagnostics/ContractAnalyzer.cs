using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis.Diagnostics;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>An analyzer of contracts and their use: it looks at what people have written, in projects that reference the runtime.</summary>
public abstract class ContractAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public sealed override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            var known = KnownSymbols.Of(start.Compilation);
            if (known.IsRuntimePresent)
                Begin(start, known);
        });
    }

    private protected abstract void Begin(CompilationStartAnalysisContext start, KnownSymbols known);
}
