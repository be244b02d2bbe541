using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The types that have a wire form of their own.</summary>
static class ScalarTypes
{
    static readonly Dictionary<string, Scalar> ByName = new(StringComparer.Ordinal)
    {
        ["System.Boolean"] = new("Boolean", 1, 1),
        ["System.SByte"] = new("SByte", 1, 2),
        ["System.Byte"] = new("Byte", 1, 2),
        ["System.Int16"] = new("Int16", 1, 3),
        ["System.UInt16"] = new("UInt16", 1, 3),
        ["System.Int32"] = new("Int32", 1, 5),
        ["System.UInt32"] = new("UInt32", 1, 5),
        ["System.Int64"] = new("Int64", 1, 9),
        ["System.UInt64"] = new("UInt64", 1, 9),
        ["System.Char"] = new("Char", 1, 3),
        ["System.Single"] = new("Single", 1, 5),
        ["System.Double"] = new("Double", 1, 9),
        ["System.Half"] = new("Half", 1, 5),
        ["System.Guid"] = new("Guid", 18, 18),
        ["System.Decimal"] = new("Decimal", 18, 18),
        ["System.Int128"] = new("Int128", 18, 18),
        ["System.UInt128"] = new("UInt128", 18, 18),
        ["System.DateTime"] = new("DateTime", 6, 15),
        ["System.DateTimeOffset"] = new("DateTimeOffset", 8, 19),
        ["System.DateOnly"] = new("DateOnly", 1, 5),
        ["System.TimeOnly"] = new("TimeOnly", 1, 9),
        ["System.TimeSpan"] = new("TimeSpan", 1, 9),
        ["System.Text.Rune"] = new("Rune", 1, 5),
        ["System.Numerics.Complex"] = new("Complex", 3, 19),
    };

    static readonly HashSet<string> Values = new(StringComparer.Ordinal)
    {
        "System.Numerics.BigInteger", "System.Uri", "System.Version", "System.Globalization.CultureInfo", "System.Text.StringBuilder", "System.Collections.BitArray",
        "ButlerRpc.RawMessage",
    };

    /// <summary>The scalar that a type is; null: it is none.</summary>
    public static Scalar? Of(string metadataName) => ByName.TryGetValue(metadataName, out var scalar) ? scalar : null;

    /// <summary>All of them, by their metadata names.</summary>
    public static IEnumerable<string> Names => ByName.Keys.Concat(Values);

    /// <summary>True when writer and reader have a method for the type, which is not bounded.</summary>
    public static bool IsValue(string metadataName) => Values.Contains(metadataName);

    /// <summary>The form of a type that MessagePack-CSharp writes in a way of its own; null: it is like ours.</summary>
    public static string? InMessagePackCSharp(string metadataName) => metadataName switch
    {
        "System.Guid" => "GuidText",
        "System.Decimal" => "DecimalText",
        "System.DateTimeOffset" => "ClockTime",
        "System.Collections.BitArray" => "BitList",
        _ => null,
    };

    /// <summary><c>System.Collections.Generic.List`1</c>.</summary>
    public static string MetadataNameOf(INamedTypeSymbol type)
    {
        type = type.OriginalDefinition;
        return type.ContainingType is { } outer ? $"{MetadataNameOf(outer)}+{type.MetadataName}"
            : type.ContainingNamespace is { IsGlobalNamespace: false } ns ? $"{ns.ToDisplayString()}.{type.MetadataName}"
            : type.MetadataName;
    }
}

/// <summary>A type of bounded size on the wire.</summary>
sealed record Scalar(string Name, int MinBytes, int MaxBytes);
