using System.Collections.Immutable;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Reports <c>Create&lt;T&gt;</c>, <c>Add&lt;T&gt;</c> and their like with a type that is no contract: the compiler's own words do not say what to do.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ContractArgumentAnalyzer : ContractAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Descriptors.NotAContract, Descriptors.ImplementsNoContract];

    private protected override void Begin(CompilationStartAnalysisContext start, KnownSymbols known) =>
        start.RegisterSyntaxNodeAction(node => Check(node, known), SyntaxKind.InvocationExpression);

    static void Check(SyntaxNodeAnalysisContext context, KnownSymbols known)
    {
        var invocation = (InvocationExpressionSyntax)context.Node;
        var name = invocation.Expression switch
        {
            MemberAccessExpressionSyntax access => access.Name,
            MemberBindingExpressionSyntax binding => binding.Name,
            SimpleNameSyntax simple => simple,
            _ => null,
        };
        if (name is null || !MayBeOurs(name.Identifier.ValueText))
            return;
        var info = context.SemanticModel.GetSymbolInfo(invocation, context.CancellationToken);
        foreach (var method in new[] { info.Symbol }.Concat(info.CandidateSymbols).OfType<IMethodSymbol>().Where(IsOurs))
        {
            for (var i = 0; i < method.TypeArguments.Length; i++)
            {
                if (method.TypeArguments[i] is not INamedTypeSymbol { TypeKind: not TypeKind.Error } argument || FaultOf(method, i, argument, known) is not var (rule, hint))
                    continue;
                var location = name is GenericNameSyntax generic && generic.TypeArgumentList.Arguments.Count > i ? generic.TypeArgumentList.Arguments[i].GetLocation() : name.GetLocation();
                context.ReportDiagnostic(Diagnostic.Create(rule, location, argument.Name, hint));
                return;
            }
        }
    }

    // The names of the methods that take a contract; asking the compiler about every invocation would cost more than it finds.
    static bool MayBeOurs(string name) => name is "Create" or "Add" or "Offer" or "StartAsync" || name.StartsWith("AddButler", StringComparison.Ordinal);

    static bool IsOurs(IMethodSymbol method) => method.ContainingAssembly?.Name.StartsWith("ButlerRpc", StringComparison.Ordinal) == true;

    static (DiagnosticDescriptor Rule, string Hint)? FaultOf(IMethodSymbol method, int index, INamedTypeSymbol argument, KnownSymbols known)
    {
        if (method.Name == "AddButlerService")
            return argument.TypeKind == TypeKind.Interface || IsContract(argument, known) || argument.AllInterfaces.Any(i => IsContract(i, known)) ? null : (Descriptors.ImplementsNoContract, "");
        var parameter = method.OriginalDefinition.TypeParameters[index];
        if (!parameter.ConstraintTypes.Any(c => c.Is(known.IButlerContract)) || IsContract(argument, known))
            return null;
        return (Descriptors.NotAContract, argument.TypeKind == TypeKind.Interface
            ? "mark the interface with [ButlerService] and make it partial"
            : argument.AllInterfaces.FirstOrDefault(i => IsContract(i, known)) is { } contract ? $"name its interface, {contract.Name}"
            : "a contract is an interface with [ButlerService]");
    }

    // A service that is not partial has its own error; a generated one has the interface.
    static bool IsContract(INamedTypeSymbol type, KnownSymbols known) => type.TypeKind == TypeKind.Interface && (type.Has(known.ButlerService) || type.Interfaces.Any(i => i.Is(known.IButlerContract)));
}
