using ButlerRpc.Generator.Diagnostics;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Reads the type of an argument, a result or an item.</summary>
sealed class ValueParser(KnownSymbols known, Action<Diagnostic>? report)
{
    public ValueModel? Parse(ITypeSymbol type, string owner, Func<Location> location)
    {
        if (type is INamedTypeSymbol { NullableAnnotation: not NullableAnnotation.Annotated, IsGenericType: false } named && IsMessage(named))
        {
            return new ValueModel
            {
                Type = type.ToFullyQualified(),
                IsMessage = true,
                Code = named.Find(known.ButlerMessage).Named("Code", 0),
            };
        }

        report?.Invoke(Diagnostic.Create(Descriptors.UnsupportedType, location(), owner, type.ToMinimal(), ""));
        return null;
    }

    bool IsMessage(INamedTypeSymbol type) => type.Has(known.ButlerMessage) || type.AllInterfaces.Any(i => i.Is(known.IButlerMessage));
}
