using System.Collections.Immutable;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Reports hedges and retries that are asked for of contracts none of whose methods may run twice: nothing would ever be repeated.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class RepeatAnalyzer : ContractAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Descriptors.NothingToRepeat];

    private protected override void Begin(CompilationStartAnalysisContext start, KnownSymbols known)
    {
        if (known.RetryOptions is not null)
            start.RegisterOperationAction(operation => Check(operation, known), OperationKind.SimpleAssignment);
    }

    static void Check(OperationAnalysisContext context, KnownSymbols known)
    {
        var assignment = (ISimpleAssignmentOperation)context.Operation;
        if (assignment.Target is not IPropertyReferenceOperation { Property: { Name: "HedgeAfter" or "IdempotentRetries" } option } ||
            !option.ContainingType.Is(known.RetryOptions) || assignment.Value.ConstantValue is { HasValue: true, Value: null or 0 })
        {
            return;
        }

        var contracts = ContractsOf(assignment).Where(c => c.Has(known.ButlerService)).ToList();
        if (contracts.Count > 0 && !contracts.Any(c => MayRepeat(c, known)))
            context.ReportDiagnostic(Diagnostic.Create(Descriptors.NothingToRepeat, assignment.Target.Syntax.GetLocation(), option.Name, string.Join("', '", contracts.Select(c => c.Name).Distinct())));
    }

    /// <summary>The contracts that the client with these options carries, as far as this method shows.</summary>
    static IEnumerable<ITypeSymbol> ContractsOf(IOperation option)
    {
        for (var parent = option.Parent; parent is not null; parent = parent.Parent)
        {
            if (parent is IInvocationOperation { TargetMethod: { Name: "AddButlerClient" or "AddKeyedButlerClient", TypeArguments: [var contract] } })
                return [contract];
            if (parent is IVariableDeclaratorOperation { Symbol: { Type.Name: "ButlerClient" } client })
            {
                return Root(parent).Descendants().OfType<IInvocationOperation>()
                    .Where(i => i.TargetMethod is { Name: "Create", TypeArguments.Length: 1 } && IsOf(i, client))
                    .Select(i => i.TargetMethod.TypeArguments[0]);
            }
        }

        return [];
    }

    static IOperation Root(IOperation operation) => operation.Parent is { } parent ? Root(parent) : operation;

    static bool IsOf(IInvocationOperation call, ILocalSymbol client) =>
        (call.Instance ?? call.Arguments.FirstOrDefault()?.Value) is { } target && Unwrapped(target) is ILocalReferenceOperation reference && SymbolEqualityComparer.Default.Equals(reference.Local, client);

    static IOperation Unwrapped(IOperation value) => value is IConversionOperation conversion ? Unwrapped(conversion.Operand) : value;

    static bool MayRepeat(ITypeSymbol contract, KnownSymbols known) => contract.AllInterfaces.Prepend(contract).SelectMany(i => i.GetMembers()).Any(m => m.Find(known.ButlerMethod).Named("Idempotent", false));
}
