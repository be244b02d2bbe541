using ButlerRpc.Generator.Model;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Looks at the values of a service's methods: what they lose on the way, and whether the attributes of parameters do anything.</summary>
sealed class ServiceReview(INamedTypeSymbol service, KnownSymbols known, Action<Diagnostic> report)
{
    public void Run(IEnumerable<(IMethodSymbol Symbol, MethodModel Model)> methods)
    {
        // A service that is inherited reports its own methods.
        foreach (var (symbol, model) in methods.Where(m => SymbolEqualityComparer.Default.Equals(m.Symbol.ContainingType, service) || !m.Symbol.ContainingType.Has(known.ButlerService)))
        {
            foreach (var (parameter, read) in symbol.Parameters.Zip(model.Parameters, (p, m) => (p, m)).Where(p => p.m.Value is not null))
                Parameter(parameter, read);
            if (model.Result is { } result)
                new ValueReview(symbol.Name, symbol.ReturnType, result.Wire, symbol.PlaceOfType() ?? service.Locations[0], known, report).Type();
        }
    }

    void Parameter(IParameterSymbol parameter, ParameterModel read)
    {
        var review = new ValueReview(parameter.Name, parameter.Type, read.Value!.Wire, parameter.PlaceOfType() ?? service.Locations[0], known, report);
        review.Type();
        review.Attributes(parameter.GetAttributes(), isStream: read.Kind == ParameterKind.Stream, () => "the arguments of a method have no iproto form; put it on a member of a message");
    }
}
