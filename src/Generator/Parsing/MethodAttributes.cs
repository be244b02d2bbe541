using System.Globalization;
using ButlerRpc.Generator.Diagnostics;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Reads what the attributes of a method say, and reports what they cannot mean. What makes no sense is left out of the model, so that it shows as the one error.</summary>
sealed class MethodAttributes(INamedTypeSymbol service, KnownSymbols known, ValueParser values, Action<Diagnostic>? report)
{
    const int LatestByKey = 2;

    public MethodModel Apply(MethodModel model, IMethodSymbol method, AttributeData? attribute)
    {
        CheckOrdered(method, attribute);
        CheckOptions(model, method, attribute);
        return model with
        {
            Options = new MethodOptions
            {
                Idempotent = attribute.Named("Idempotent", false),
                Inline = attribute.Named("Inline", false),
                Ordered = attribute.Named("Ordered", false),
                MaxInFlight = Math.Max(0, attribute.Named("MaxInFlight", 0)),
                TimeoutMilliseconds = Math.Max(0, attribute.Named("TimeoutMilliseconds", 0)),
                ItemTimeoutMilliseconds = Math.Max(0, attribute.Named("ItemTimeoutMilliseconds", 0)),
                Overflow = Overflow(model, method, attribute, out var key),
                Key = key,
                Policy = Policy(method) ?? Policy(service),
            },
            Faults = Faults(model, method).ToEquatableArray(),
        };
    }

    string? Policy(ISymbol symbol) => symbol.Find(known.ButlerAuthorize)?.ConstructorArguments is [{ Value: string policy }] ? policy : null;

    void CheckOrdered(IMethodSymbol method, AttributeData? attribute)
    {
        if (attribute.Named("Ordered", false) && attribute.Named("MaxInFlight", 0) != 0)
            Report(Descriptors.BadOrdered, attribute!.PlaceOf("MaxInFlight"), "MaxInFlight", method.Name, "has no effect: with Ordered one call of a session runs at a time");
    }

    void CheckOptions(MethodModel model, IMethodSymbol method, AttributeData? attribute)
    {
        AtLeast(1, "Code", "a code is between 1 and 2147483647; without one the method has a code of its own");
        AtLeast(0, "MaxInFlight", "a number of calls is 1 or more; without one the session's own limit holds");
        AtLeast(0, "TimeoutMilliseconds", "a time is 1 ms or more; without one the client's own deadline holds");
        AtLeast(0, "ItemTimeoutMilliseconds", "a time is 1 ms or more; without one an item may take as long as it likes");
        if (attribute.Named("ItemTimeoutMilliseconds", 0) > 0 && model.Shape is (MethodShape.Unary or MethodShape.OneWay))
            Report(Descriptors.BadOption, attribute!.PlaceOf("ItemTimeoutMilliseconds"), "ItemTimeoutMilliseconds", method.Name, "has no effect: the method has no stream");

        void AtLeast(int least, string option, string range)
        {
            if (attribute.Named(option, least) is var value && value < least)
                Report(Descriptors.BadOption, attribute!.PlaceOf(option), option, method.Name, $"is {value.ToString(CultureInfo.InvariantCulture)}; {range}");
        }
    }

    string? Overflow(MethodModel model, IMethodSymbol method, AttributeData? attribute, out string? key)
    {
        var overflow = attribute.Named("Overflow", 0);
        var named = attribute.Named<string?>("Key", null);
        key = null;
        if (overflow != 0 && model.Return != ReturnKind.Stream)
            return Refuse("Overflow", "has no effect: it is for methods that return IAsyncEnumerable<T>");
        if (overflow == LatestByKey && named is null)
            return Refuse("Overflow", "needs Key = nameof(…): a member of the items");
        if (named is not null && overflow != LatestByKey)
            return Refuse("Key", "has no effect without Overflow = StreamOverflow.LatestByKey");
        if (overflow == LatestByKey && ((INamedTypeSymbol)method.ReturnType).TypeArguments[0] is var item && !HasReadable(item, named!))
            return Refuse("Key", $"is '{named}', which is no readable member of '{item.ToMinimal()}'");
        key = named;
        return overflow switch { 1 => "DropOldest", LatestByKey => "LatestByKey", _ => null };

        string? Refuse(string argument, string reason)
        {
            Report(Descriptors.BadOverflow, attribute!.PlaceOf(argument), argument, method.Name, reason);
            return null;
        }
    }

    bool HasReadable(ITypeSymbol type, string member)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.GetMembers(member).Concat(t.AllInterfaces.SelectMany(i => i.GetMembers(member)))
                .Any(m => m is { IsStatic: false } and (IFieldSymbol or IPropertySymbol { GetMethod: not null }) && known.Compilation.IsSymbolAccessibleWithin(m, service)))
            {
                return true;
            }
        }

        return false;
    }

    IEnumerable<ValueModel> Faults(MethodModel model, IMethodSymbol method)
    {
        var seen = new HashSet<ITypeSymbol>(SymbolEqualityComparer.Default);
        foreach (var attribute in method.GetAttributes().Where(a => a.AttributeClass.Is(known.Throws)))
        {
            var type = attribute.AttributeClass!.TypeArguments[0].WithNullableAnnotation(NullableAnnotation.NotAnnotated);
            if (type.TypeKind == TypeKind.Error)
                continue;
            var fault = values.Parse(type, out _);
            var reason = model.Shape == MethodShape.OneWay ? "has no effect: a one-way method is never answered"
                : fault is not { IsMessage: true } ? "names no message; a fault is one that has a Code"
                : fault.Code <= 0 ? $"names a message without a code, by which the caller would know it; give '{type.ToMinimal()}' a Code"
                : seen.Add(type) ? null
                : "is there twice";
            if (reason is null)
                yield return fault!;
            else
                Report(Descriptors.BadThrows, attribute.Place(), type.ToMinimal(), method.Name, reason);
        }
    }

    void Report(DiagnosticDescriptor rule, Location? location, params object[] arguments) =>
        report?.Invoke(Diagnostic.Create(rule, location ?? service.Locations[0], arguments));
}
