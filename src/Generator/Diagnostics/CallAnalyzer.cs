using System.Collections.Immutable;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Looks at calls of service methods: is the task used, and does a handler pass its token on?</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class CallAnalyzer : ContractAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Descriptors.CallNotAwaited, Descriptors.ContextDropped];

    private protected override void Begin(CompilationStartAnalysisContext start, KnownSymbols known)
    {
        start.RegisterOperationAction(
            operation =>
            {
                var call = (IInvocationOperation)operation.Operation;
                if (call.TargetMethod.ContainingType is not { TypeKind: TypeKind.Interface } service || !service.Has(known.ButlerService) || !ServiceParser.IsRemote(call.TargetMethod))
                    return;
                CheckAwaited(operation, call);
                CheckContext(operation, call, known);
            },
            OperationKind.Invocation);
    }

    static void CheckAwaited(OperationAnalysisContext context, IInvocationOperation call)
    {
        // In an async method the compiler itself warns (CS4014).
        if (call.Parent is IExpressionStatementOperation && !call.TargetMethod.ReturnsVoid && !IsInAsync(call))
            context.ReportDiagnostic(Diagnostic.Create(Descriptors.CallNotAwaited, call.Syntax.GetLocation(), call.TargetMethod.Name));
    }

    static bool IsInAsync(IOperation operation)
    {
        for (var parent = operation.Parent; parent is not null; parent = parent.Parent)
        {
            switch (parent)
            {
                case IAnonymousFunctionOperation function:
                    return function.Symbol.IsAsync;
                case ILocalFunctionOperation function:
                    return function.Symbol.IsAsync;
            }
        }

        return operation.SemanticModel?.GetEnclosingSymbol(operation.Syntax.SpanStart) is IMethodSymbol { IsAsync: true };
    }

    static void CheckContext(OperationAnalysisContext context, IInvocationOperation call, KnownSymbols known)
    {
        if (call.Arguments.FirstOrDefault(a => a.Parameter is { } p && IsContext(p, known)) is not { } argument || !IsEmpty(argument))
            return;
        if (context.ContainingSymbol is not IMethodSymbol handler || handler.Parameters.LastOrDefault(p => IsContext(p, known)) is not { } own || !IsHandler(handler, known))
            return;
        var passes = own.Type.Is(known.CallContext) && argument.Parameter!.Type.Is(known.CancellationToken) ? $"{own.Name}.CancellationToken" : own.Name;
        context.ReportDiagnostic(Diagnostic.Create(
            Descriptors.ContextDropped,
            ((call.Syntax as InvocationExpressionSyntax)?.Expression ?? call.Syntax).GetLocation(),
            ImmutableDictionary<string, string?>.Empty.Add(FixProperties.Argument, passes).Add(FixProperties.Parameter, argument.Parameter!.Name),
            call.TargetMethod.Name, own.Name));
    }

    static bool IsContext(IParameterSymbol parameter, KnownSymbols known) => parameter.Type.Is(known.CancellationToken) || parameter.Type.Is(known.CallContext);

    static bool IsEmpty(IArgumentOperation argument) => argument.ArgumentKind == ArgumentKind.DefaultValue || Unwrap(argument.Value) switch
    {
        IDefaultValueOperation => true,
        IPropertyReferenceOperation { Property: { Name: "None", ContainingType.Name: "CancellationToken" } } => true,
        _ => false,
    };

    static IOperation Unwrap(IOperation value) => value is IConversionOperation conversion ? Unwrap(conversion.Operand) : value;

    static bool IsHandler(IMethodSymbol method, KnownSymbols known)
    {
        foreach (var service in method.ContainingType.AllInterfaces.Where(i => i.Has(known.ButlerService)).SelectMany(i => i.AllInterfaces.Prepend(i)))
        {
            foreach (var member in service.GetMembers(method.Name.Split('.').Last()))
            {
                if (SymbolEqualityComparer.Default.Equals(method.ContainingType.FindImplementationForInterfaceMember(member), method))
                    return true;
            }
        }

        return false;
    }
}
