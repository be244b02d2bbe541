using System.Globalization;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The contract lines of methods.</summary>
static class MethodLines
{
    /// <summary>The shapes of a service's methods, each with every type that it carries.</summary>
    public static EquatableArray<MethodShapeModel> Of(
        IReadOnlyList<(IMethodSymbol Symbol, MethodModel Model)> methods, KnownSymbols known, CancellationToken cancellationToken)
    {
        var shapes = new List<MethodShapeModel>();
        foreach (var (symbol, model) in methods)
        {
            var types = new SortedSet<string>(StringComparer.Ordinal);
            known.Facts.Collect(symbol.Parameters.Select(p => p.Type).Append(symbol.ReturnType).Concat(FaultTypes(symbol, known)), types, cancellationToken);
            shapes.Add(new MethodShapeModel(model.Identifier, Own(model, methods).Concat(types).ToEquatableArray()));
        }

        return shapes.ToEquatableArray();
    }

    /// <summary>The lines of the method itself.</summary>
    public static IEnumerable<string> Own(MethodModel method, IEnumerable<(IMethodSymbol Symbol, MethodModel Model)> siblings)
    {
        var subject = "method " + Subject(method, siblings);
        yield return $"{subject} code {method.Code.ToString(CultureInfo.InvariantCulture)} {method.Shape.ToString().ToLowerInvariant()}";
        if (method.BareMessage is { } message)
            yield return $"{subject} request {ShapeNames.Of(message.Value!.Wire)}";
        else
        {
            foreach (var (parameter, i) in method.Values.Select((p, i) => (p, i)))
                yield return $"{subject} argument {Number(i)} {parameter.Name} {ShapeNames.Of(parameter.Value!.Wire)}{(parameter.ToArgument().IsRequired ? " required" : "")}";
        }

        if (method.Result is { } result)
            yield return $"{subject} result {ShapeNames.Of(result.Wire)}";
        foreach (var (stream, i) in method.Streams.Select((s, i) => (s, i)))
            yield return $"{subject} stream {Number(i + 1)} {stream.Name} {ShapeNames.Of(stream.Value!.Wire)}";
        foreach (var fault in method.Faults)
            yield return $"{subject} fault {ShapeNames.Of(fault.Wire)}";
    }

    // Overloads are told apart by their codes.
    static string Subject(MethodModel method, IEnumerable<(IMethodSymbol Symbol, MethodModel Model)> siblings) =>
        siblings.Count(s => s.Model.Name == method.Name && s.Model.Service == method.Service) > 1
            ? $"{method.Service}.{method.Name}:{method.Code.ToString(CultureInfo.InvariantCulture)}"
            : $"{method.Service}.{method.Name}";

    static IEnumerable<ITypeSymbol> FaultTypes(IMethodSymbol method, KnownSymbols known) =>
        method.GetAttributes().Where(a => a.AttributeClass.Is(known.Throws)).Select(a => a.AttributeClass!.TypeArguments[0]);

    static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
