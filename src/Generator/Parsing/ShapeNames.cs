using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Parsing;

/// <summary>How contract lines name the wire form of a type; <c>ButlerRpc.Contracts.TypeShape</c> reads it back.</summary>
static class ShapeNames
{
    public static string Of(WireType? wire) => wire is null ? "nil" : wire.Kind switch
    {
        WireKind.Scalar => OfScalar(wire.Name),
        WireKind.String => "string",
        WireKind.Bytes => "bytes",
        WireKind.Value => OfValue(wire.Name),
        WireKind.Nullable => Of(wire.Item) + "?",
        WireKind.Sequence => $"list<{Of(wire.Item)}>",
        WireKind.Map => $"map<{Of(wire.Items[0])},{Of(wire.Items[1])}>",
        WireKind.Tuple => $"tuple<{string.Join(",", wire.Items.Select(Of))}>",
        WireKind.Custom => "custom:" + OfType(wire.Name),
        _ => OfType(wire.Type),
    };

    /// <summary>The name of a message or enum: without <c>global::</c>, without spaces.</summary>
    public static string OfType(string fullyQualified) => fullyQualified.Replace("global::", "").Replace(" ", "");

    static string OfScalar(string name) => name switch
    {
        "Boolean" => "bool",
        "SByte" => "int8",
        "Byte" => "uint8",
        "Single" => "float32",
        "Double" => "float64",
        "DateTime" => "timestamp",
        "DateTimeOffset" => "timestamp+offset",
        "DateOnly" => "date",
        "TimeOnly" => "time",
        "TimeSpan" => "duration",
        _ => name.ToLowerInvariant(),
    };

    static string OfValue(string name) => name switch
    {
        "StringBuilder" => "string",
        "RawMessage" => "any",
        "ClockTime" => "clocktime+offset",
        "BitList" => "list<bool>",
        _ => name.ToLowerInvariant(),
    };
}
