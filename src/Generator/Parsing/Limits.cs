using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The limits that members and parameters set: this library's attributes, and those of DataAnnotations by their names.</summary>
static class Limits
{
    const string Annotations = "System.ComponentModel.DataAnnotations.";

    /// <summary>The most chars or bytes; -1: no limit.</summary>
    public static int Length(ImmutableArray<AttributeData> attributes, KnownSymbols known) => Of(attributes, known.ButlerMaxLength, countsText: true);

    /// <summary>The most elements; -1: no limit.</summary>
    public static int Count(ImmutableArray<AttributeData> attributes, KnownSymbols known) => Of(attributes, known.ButlerMaxCount, countsText: false);

    static int Of(ImmutableArray<AttributeData> attributes, INamedTypeSymbol? own, bool countsText)
    {
        if (attributes.IsEmpty)
            return -1;
        var limit = attributes.Find(own) ?? attributes.FirstOrDefault(a =>
            a.AttributeClass is { Name: "MaxLengthAttribute" or "StringLengthAttribute" } type && (countsText || type.Name == "MaxLengthAttribute") &&
            type.ToDisplayString() == Annotations + type.Name);
        return limit?.ConstructorArguments is [{ Value: int most }, ..] && most >= 0 ? most : -1;
    }
}
