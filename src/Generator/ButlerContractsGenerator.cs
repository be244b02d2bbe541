using ButlerRpc.Contracts;
using ButlerRpc.Generator.Model;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator;

/// <summary>
/// With <c>-p:ButlerAcceptContracts=true</c>: hands the text of butler.contracts.txt to the build as a file of comments, since a generator writes no files itself. A
/// contract that breaks peers built before is not handed over.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ButlerContractsGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var isAsked = context.AnalyzerConfigOptionsProvider.Select(static (options, _) =>
            options.GlobalOptions.TryGetValue("build_property.ButlerAcceptContracts", out var value) && value.Equals("true", StringComparison.OrdinalIgnoreCase));
        var recorded = context.AdditionalTextsProvider
            .Where(static file => Path.GetFileName(file.Path) == ContractFacts.FileName)
            .Select(static (file, token) => file.GetText(token)?.Lines.Select(l => l.ToString()).ToEquatableArray() ?? [])
            .Collect();
        var file = context.CompilationProvider.Combine(recorded).Combine(isAsked).Select(static (input, token) =>
            input.Right ? Accept(input.Left.Left, input.Left.Right.FirstOrDefault(), token) : []);
        context.RegisterSourceOutput(file, static (output, lines) =>
        {
            if (!lines.IsEmpty)
                output.AddSource("butler.contracts.g.cs", string.Concat(lines.Select(l => $"// {l}\n")));
        });
    }

    static EquatableArray<string> Accept(Compilation compilation, EquatableArray<string> recorded, CancellationToken cancellationToken)
    {
        if (!KnownSymbols.Of(compilation).IsRuntimePresent)
            return [];
        var facts = ContractFacts.Of(compilation, cancellationToken);
        if (facts.Lines.Count == 0)
            return [];
        var isBroken = new ContractComparison(ContractSet.Parse(recorded), ContractSet.Parse(facts.Lines)).Run().Any(d => d.IsBreaking);
        return isBroken ? [] : facts.ToFile(recorded).ToEquatableArray();
    }
}
