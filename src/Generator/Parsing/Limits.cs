using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The limits that members and parameters set: this library's attributes, and those of DataAnnotations by their names.</summary>
static class Limits
{
    const string MaxLength = "System.ComponentModel.DataAnnotations.MaxLengthAttribute";
    const string StringLength = "System.ComponentModel.DataAnnotations.StringLengthAttribute";

    /// <summary>The most chars or bytes; -1: no limit.</summary>
    public static int Length(ImmutableArray<AttributeData> attributes, KnownSymbols known) => Of(attributes, known.ButlerMaxLength, MaxLength, StringLength);

    /// <summary>The most elements; -1: no limit.</summary>
    public static int Count(ImmutableArray<AttributeData> attributes, KnownSymbols known) => Of(attributes, known.ButlerMaxCount, MaxLength);

    static int Of(ImmutableArray<AttributeData> attributes, INamedTypeSymbol? own, params string[] annotations)
    {
        var limit = attributes.FirstOrDefault(a => a.AttributeClass.Is(own))
            ?? attributes.FirstOrDefault(a => a.AttributeClass?.Name is "MaxLengthAttribute" or "StringLengthAttribute" && annotations.Contains(a.AttributeClass.ToDisplayString()));
        return limit?.ConstructorArguments is [{ Value: int most }, ..] && most >= 0 ? most : -1;
    }
}
