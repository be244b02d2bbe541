using ButlerRpc.Generator.Diagnostics;
using ButlerRpc.Generator.Emitting;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Reads one method of a service.</summary>
sealed class MethodParser(INamedTypeSymbol service, KnownSymbols known, TypeClassifier classifier, Action<Diagnostic>? report)
{
    readonly string _serviceName = service.ToDisplayName();
    readonly ValueParser _values = new(classifier);

    /// <summary>The model; null when the method cannot be bound, which has been reported then.</summary>
    public MethodModel? Parse(IMethodSymbol method)
    {
        if (method.IsGenericMethod)
            return Refuse(Descriptors.GenericMethodOrService, method, method);

        var attribute = method.Find(known.ButlerMethod);
        var parameters = Parameters(method);
        var returns = Return(method, attribute.Named("OneWay", false));
        if (parameters is null || returns is not var (kind, result, oneWay))
            return null;

        var streams = parameters.Any(p => p.Kind == ParameterKind.Stream);
        var shape = (kind, streams) switch
        {
            (ReturnKind.Stream, true) => MethodShape.Duplex,
            (ReturnKind.Stream, false) => MethodShape.ServerStream,
            (_, true) => MethodShape.ClientStream,
            _ => oneWay ? MethodShape.OneWay : MethodShape.Unary,
        };
        var model = new MethodModel
        {
            Name = method.Name,
            Identifier = method.Name,
            DeclaringType = method.ContainingType.ToFullyQualifiedBare(),
            Service = _serviceName,
            Code = 0,
            Shape = shape,
            Return = kind,
            ReturnType = known.Types[method.ReturnType].FullyQualified,
            Result = result,
            Parameters = parameters.ToEquatableArray(),
            Options = new MethodOptions(),
            Faults = [],
        };
        model = new MethodAttributes(service, known, _values, ReportsFor(method) ? report : null).Apply(model, method, attribute);
        if (!oneWay && parameters.LastOrDefault() is not { Kind: ParameterKind.CancellationToken or ParameterKind.CallContext } && method.Parameters.LastOrDefault() is not { IsParams: true })
            Refuse(Descriptors.NoCancellation, method, method);
        return WithCode(model, method, attribute.Named("Code", 0));
    }

    /// <summary>Reports a member that is no method.</summary>
    public void RefuseMember(ISymbol member) => Refuse(Descriptors.MemberNotAMethod, member, member, member switch
    {
        IEventSymbol => "an event",
        IPropertySymbol { IsIndexer: true } => "an indexer",
        _ => "a property",
    });

    MethodModel WithCode(MethodModel model, IMethodSymbol method, int explicitCode)
    {
        var code = explicitCode > 0 ? explicitCode : model.BareMessage?.Value?.Code ?? 0;
        return code > 0
            ? model with { Code = (uint)code, Service = method.ContainingType.ToDisplayName() } // the same method, through whichever service it is called
            : model with { Code = StableHash.Of32($"{_serviceName}.{method.Name}") | 0x8000_0000u };
    }

    List<ParameterModel>? Parameters(IMethodSymbol method)
    {
        var parameters = new List<ParameterModel>();
        var failed = false;
        for (var i = 0; i < method.Parameters.Length; i++)
        {
            var parameter = method.Parameters[i];
            var kind = KindOf(parameter.Type);
            if (parameter.RefKind != RefKind.None)
            {
                Refuse(Descriptors.ParameterByReference, method, parameter, method.Name);
                failed = true;
                continue;
            }

            if (kind is ParameterKind.CancellationToken or ParameterKind.CallContext && i != method.Parameters.Length - 1)
            {
                Refuse(Descriptors.ContextNotLast, method, parameter, method.Name);
                failed = true;
                continue;
            }

            ValueModel? value = null;
            if (kind is ParameterKind.Value or ParameterKind.Stream)
            {
                var type = kind == ParameterKind.Stream ? ((INamedTypeSymbol)parameter.Type).TypeArguments[0] : parameter.Type;
                value = _values.Parse(parameter, type, out var fault);
                if (value is null)
                {
                    RefuseType(method, fault, parameter, parameter.Name);
                    failed = true;
                }
            }

            var declared = known.Types[parameter.Type].FullyQualified;
            parameters.Add(new ParameterModel
            {
                Name = parameter.Name,
                Type = declared,
                Kind = kind,
                Value = value,
                MaxLength = Limits.Length(parameter.GetAttributes(), known),
                MaxCount = Limits.Count(parameter.GetAttributes(), known),
                Default = kind == ParameterKind.Value && parameter.HasExplicitDefaultValue ? Literals.OfDefault(parameter, declared) : null,
            });
        }

        return failed ? null : parameters;
    }

    ParameterKind KindOf(ITypeSymbol type) =>
        type.Is(known.CancellationToken) ? ParameterKind.CancellationToken
        : type.Is(known.CallContext) ? ParameterKind.CallContext
        : type.Is(known.AsyncEnumerable) ? ParameterKind.Stream
        : ParameterKind.Value;

    (ReturnKind Kind, ValueModel? Result, bool OneWay)? Return(IMethodSymbol method, bool oneWay)
    {
        var type = method.ReturnType;
        var kind = KindOfReturn(method);
        if (kind is null || method.RefKind != RefKind.None || (kind == ReturnKind.Void && !oneWay))
        {
            RefuseAt(Descriptors.UnsupportedReturnType, method, method.PlaceOfType(), method.Name, type.ToMinimal());
            return null;
        }

        var wrapped = kind is ReturnKind.TaskOfResult or ReturnKind.ValueTaskOfResult or ReturnKind.Stream ? ((INamedTypeSymbol)type).TypeArguments[0] : null;
        if (wrapped is null)
            return (kind.Value, null, oneWay);
        if (oneWay)
        {
            RefuseAt(Descriptors.NestedResult, method, method.PlaceOfType(), method.Name, type.ToMinimal(), "a one-way method is never answered, so it has no result");
            return null;
        }

        if (IsAwaitable(wrapped) || wrapped.Is(known.AsyncEnumerable))
        {
            var instead = kind == ReturnKind.Stream && wrapped is INamedTypeSymbol { TypeArguments: [var item] } && !wrapped.Is(known.AsyncEnumerable)
                ? known.AsyncEnumerable!.Construct(item)
                : wrapped;
            RefuseAt(Descriptors.NestedResult, method, method.PlaceOfType(), method.Name, type.ToMinimal(), $"return '{instead.ToMinimal()}' itself");
            return null;
        }

        if (_values.Parse(wrapped, out var fault) is { } result)
            return (kind.Value, result, false);
        RefuseType(method, fault, method, method.Name);
        return null;
    }

    ReturnKind? KindOfReturn(IMethodSymbol method) =>
        method.ReturnsVoid ? ReturnKind.Void
        : method.ReturnType.Is(known.Task) ? ReturnKind.Task
        : method.ReturnType.Is(known.ValueTask) ? ReturnKind.ValueTask
        : method.ReturnType.Is(known.TaskOfT) ? ReturnKind.TaskOfResult
        : method.ReturnType.Is(known.ValueTaskOfT) ? ReturnKind.ValueTaskOfResult
        : method.ReturnType.Is(known.AsyncEnumerable) ? ReturnKind.Stream
        : null;

    bool IsAwaitable(ITypeSymbol type) => type.Is(known.Task) || type.Is(known.TaskOfT) || type.Is(known.ValueTask) || type.Is(known.ValueTaskOfT);

    MethodModel? Refuse(DiagnosticDescriptor rule, ISymbol member, ISymbol culprit, params object[] arguments) =>
        RefuseAt(rule, member, culprit.PlaceOfName(), [culprit.Name, .. arguments]);

    void RefuseType(IMethodSymbol method, TypeFault fault, ISymbol culprit, string name)
    {
        if (ReportsFor(method) && fault.AtMethod(culprit.PlaceOfType() ?? service.Locations[0], name) is { } diagnostic)
            report?.Invoke(diagnostic);
    }

    MethodModel? RefuseAt(DiagnosticDescriptor rule, ISymbol member, Location? location, params object[] arguments)
    {
        if (ReportsFor(member))
            report?.Invoke(Diagnostic.Create(rule, location ?? service.Locations[0], arguments));
        return null;
    }

    // A service that is inherited reports its own members.
    bool ReportsFor(ISymbol member) => SymbolEqualityComparer.Default.Equals(member.ContainingType, service) || !member.ContainingType.Has(known.ButlerService);
}
