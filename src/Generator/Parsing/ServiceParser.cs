using ButlerRpc.Generator.Diagnostics;
using ButlerRpc.Generator.Emitting;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>
/// Reads a service interface. The generator takes the model, the analyzers what is reported: there is one opinion of what a service may hold.
/// </summary>
sealed class ServiceParser
{
    readonly List<UnboundMember> _unbound = [];
    readonly INamedTypeSymbol _service;
    readonly KnownSymbols _known;
    readonly CancellationToken _cancellationToken;
    readonly TypeClassifier _classifier;
    readonly MethodParser _methods;
    readonly Action<Diagnostic>? _report;

    public ServiceParser(INamedTypeSymbol service, KnownSymbols known, Action<Diagnostic>? report, CancellationToken cancellationToken)
    {
        _service = service;
        _known = known;
        _report = report;
        _cancellationToken = cancellationToken;
        _classifier = new TypeClassifier(known, cancellationToken);
        _methods = new MethodParser(service, known, _classifier, report);
    }

    public ServiceReading Parse()
    {
        var type = _service.ToTypeName(_known);
        var methods = ParseMethods();
        var model = new ServiceModel
        {
            Type = type,
            Name = _service.ToDisplayName(),
            Callback = ParseCallback(),
            UsesForbidden = methods.Any(m => ForbiddenUse.Of(m.Symbol, [.. m.Symbol.Parameters.Select(p => p.Type), m.Symbol.ReturnType], _known)),
            Methods = methods.Select(m => m.Model).ToEquatableArray(),
            Structures = _classifier.Structures,
            Unbound = _unbound.ToEquatableArray(),
        };
        return new ServiceReading(model, new ServiceShapes(type, MethodLines.Of(methods, _known, _cancellationToken)));
    }

    /// <summary>The interfaces whose members a service has: itself, then what it inherits, in ordinal order; those that were generated are left out.</summary>
    public static IEnumerable<INamedTypeSymbol> Interfaces(INamedTypeSymbol service, KnownSymbols known) => service.AllInterfaces
        .Where(i => !i.Is(known.IButlerContract))
        .OrderBy(i => i.ToFullyQualifiedBare(), StringComparer.Ordinal)
        .Prepend(service);

    /// <summary>What is called remotely: instance methods without a body. A method with a body runs on the side that calls it.</summary>
    public static bool IsRemote(ISymbol member) => member is { IsAbstract: true } && !IsAccessor(member);

    /// <summary>The methods that can be bound, each with its symbol, in ordinal order.</summary>
    public IReadOnlyList<(IMethodSymbol Symbol, MethodModel Model)> ParseMethods()
    {
        var bound = new List<(IMethodSymbol Symbol, MethodModel Model)>();
        foreach (var member in Interfaces(_service, _known).SelectMany(i => i.GetMembers()).Where(IsRemote))
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if (IsDisposal(member))
                _unbound.Add(UnboundMembers.Disposal((IMethodSymbol)member));
            else if (member is IMethodSymbol method && _methods.Parse(method) is { } model)
                bound.Add((method, model));
            else
                Unbind(member);
        }

        bound.Sort(static (a, b) => StringComparer.Ordinal.Compare(a.Model.Name, b.Model.Name) is var byName and not 0
            ? byName
            : StringComparer.Ordinal.Compare(Signature(a.Symbol), Signature(b.Symbol)));
        return WithIdentifiers(bound);
    }

    /// <summary>The service that is called back, fully qualified; null: none.</summary>
    public string? ParseCallback()
    {
        var attribute = _service.Find(_known.ButlerService);
        if (attribute.Named<INamedTypeSymbol?>("Callback", null) is not { TypeKind: not TypeKind.Error } callback)
            return null;
        var fault = callback.TypeKind != TypeKind.Interface ? "is no interface; name the service that the client offers"
            : callback.Has(_known.ButlerService) ? null
            : "is no service; mark it with [ButlerService] and make it partial";
        if (fault is null)
            return callback.ToFullyQualifiedBare();
        _report?.Invoke(Diagnostic.Create(Descriptors.BadCallback, attribute!.PlaceOf("Callback") ?? _service.Locations[0], _service.Name, callback.ToMinimal(), fault));
        return null;
    }

    void Unbind(ISymbol member)
    {
        if (member is not IMethodSymbol)
            _methods.RefuseMember(member);
        _unbound.Add(UnboundMembers.Of(member));
    }

    static List<(IMethodSymbol Symbol, MethodModel Model)> WithIdentifiers(List<(IMethodSymbol Symbol, MethodModel Model)> methods)
    {
        // Descriptors are static fields: they must not hide what every class inherits.
        var taken = new HashSet<string>(["Equals", "GetHashCode", "ToString", "GetType", "MemberwiseClone", "Finalize", "ReferenceEquals", "All"], StringComparer.Ordinal);
        for (var place = 0; place < methods.Count; place++)
        {
            var (symbol, model) = methods[place];
            var identifier = model.Name;
            for (var i = 2; !TryTake(model, identifier, taken); i++)
                identifier = model.Name + i.ToString(System.Globalization.CultureInfo.InvariantCulture);
            methods[place] = (symbol, model with { Identifier = identifier });
        }

        return methods;
    }

    // A method's streams have fields of their own beside its descriptor.
    static bool TryTake(MethodModel method, string identifier, HashSet<string> taken)
    {
        var named = method with { Identifier = identifier };
        string[] fields = [identifier, .. method.Streams.Select(s => MethodsEmitter.StreamField(named, s))];
        if (taken.Overlaps(fields))
            return false;
        taken.UnionWith(fields);
        return true;
    }

    static string Signature(IMethodSymbol method) => string.Join(",", method.Parameters.Select(p => p.Type.ToFullyQualified())) + "@" + method.ContainingType.ToFullyQualifiedBare();

    // Who disposes of a proxy is done with the proxy. As a call it would dispose of the implementation, under all its other callers.
    bool IsDisposal(ISymbol member) => member.ContainingType.SpecialType == SpecialType.System_IDisposable || member.ContainingType.Is(_known.AsyncDisposable);

    static bool IsAccessor(ISymbol member) => member is IMethodSymbol { AssociatedSymbol: not null };
}
