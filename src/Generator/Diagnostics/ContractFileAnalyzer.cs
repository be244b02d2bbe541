using System.Collections.Immutable;
using System.Globalization;
using ButlerRpc.Contracts;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Compares the contract with butler.contracts.txt: what is new is to be recorded, what breaks peers built before is an error.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ContractFileAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Descriptors.ContractFileMissing, Descriptors.ContractEntryMissing, Descriptors.ContractCodeChanged, Descriptors.ContractTypeChanged,
        Descriptors.ContractMemberGone, Descriptors.ContractRequiredAdded,
    ];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationAction(static end =>
        {
            var known = KnownSymbols.Of(end.Compilation);
            if (!known.IsRuntimePresent)
                return;
            var file = end.Options.AdditionalFiles.FirstOrDefault(f => Path.GetFileName(f.Path) == ContractFacts.FileName);
            if (file?.GetText(end.CancellationToken) is { } recorded)
                Compare(end, ContractFacts.Of(end.Compilation, end.CancellationToken), [.. recorded.Lines.Select(l => l.ToString())], file.Path);
            else if (end.Compilation.Options.OutputKind == OutputKind.DynamicallyLinkedLibrary && FirstService(end.Compilation, known) is { } service)
            {
                var text = TextOf(ContractFacts.Of(end.Compilation, end.CancellationToken), []);
                end.ReportDiagnostic(Diagnostic.Create(Descriptors.ContractFileMissing, service.Locations[0], ImmutableDictionary<string, string?>.Empty.Add(FixProperties.File, text)));
            }
        });
    }

    // In a program both sides often are one project; a library with a service is what others are built against.
    static INamedTypeSymbol? FirstService(Compilation compilation, KnownSymbols known) =>
        SourceTypes.In(compilation.Assembly).Where(t => t.Has(known.ButlerService) && t.IsVisibleOutside()).OrderBy(t => t, SourceOrder.Instance).FirstOrDefault();

    static void Compare(CompilationAnalysisContext context, ContractFacts facts, IReadOnlyList<string> recorded, string path)
    {
        var differences = new ContractComparison(ContractSet.Parse(recorded), ContractSet.Parse(facts.Lines)).Run();
        foreach (var difference in differences)
        {
            var properties = ImmutableDictionary<string, string?>.Empty
                .Add(FixProperties.Subject, difference.Subject)
                .Add(FixProperties.Type, difference.RecordedType)
                .Add(FixProperties.Number, difference.Number?.ToString(CultureInfo.InvariantCulture));
            if (!difference.IsBreaking)
                properties = properties.Add(FixProperties.File, TextOf(facts, recorded));
            context.ReportDiagnostic(Diagnostic.Create(RuleOf(difference.Change), LocationOf(facts, difference) ?? LineOf(recorded, difference, path), properties, difference.Text));
        }
    }

    static string TextOf(ContractFacts facts, IReadOnlyList<string> recorded) => string.Join("\n", facts.ToFile(recorded)) + "\n";

    static DiagnosticDescriptor RuleOf(ContractChange change) => change switch
    {
        ContractChange.CodeChanged => Descriptors.ContractCodeChanged,
        ContractChange.TypeChanged => Descriptors.ContractTypeChanged,
        ContractChange.Removed or ContractChange.Reused or ContractChange.Moved => Descriptors.ContractMemberGone,
        ContractChange.RequiredAdded => Descriptors.ContractRequiredAdded,
        _ => Descriptors.ContractEntryMissing,
    };

    static Location? LocationOf(ContractFacts facts, ContractDifference difference)
    {
        if (!facts.Subjects.TryGetValue(difference.Subject, out var subject))
            return null;
        var member = difference.Member is null ? null : (subject as INamedTypeSymbol)?.GetMembers(difference.Member).FirstOrDefault(m => m.Locations.Any(l => l.IsInSource));
        return (member ?? subject).Locations.FirstOrDefault(l => l.IsInSource);
    }

    // What is gone from the source still stands in the file.
    static Location LineOf(IReadOnlyList<string> recorded, ContractDifference difference, string path)
    {
        var start = 0;
        for (var i = 0; i < recorded.Count; i++)
        {
            if (recorded[i].StartsWith(difference.Subject + " ", StringComparison.Ordinal))
            {
                return Location.Create(
                    path, new Microsoft.CodeAnalysis.Text.TextSpan(start, recorded[i].Length),
                    new Microsoft.CodeAnalysis.Text.LinePositionSpan(new(i, 0), new(i, recorded[i].Length)));
            }

            start += recorded[i].Length + 1;
        }

        return Location.None;
    }
}
