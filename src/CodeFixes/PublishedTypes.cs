namespace ButlerRpc.CodeFixes;

/// <summary>C# for the types that the contract's lines name. A list or map could have been any of several collections, so there is none for those.</summary>
static class PublishedTypes
{
    /// <summary>Null: not known.</summary>
    public static string? ToCSharp(string shape)
    {
        if (shape.EndsWith("?", StringComparison.Ordinal))
            return ToCSharp(shape.Substring(0, shape.Length - 1)) is { } type ? type + "?" : null;
        return shape switch
        {
            "bool" or "char" or "decimal" or "string" => shape,
            "int8" => "sbyte",
            "uint8" => "byte",
            "int16" => "short",
            "uint16" => "ushort",
            "int32" => "int",
            "uint32" => "uint",
            "int64" => "long",
            "uint64" => "ulong",
            "float32" => "float",
            "float64" => "double",
            "bytes" => "byte[]",
            "half" => "global::System.Half",
            "int128" => "global::System.Int128",
            "uint128" => "global::System.UInt128",
            "biginteger" => "global::System.Numerics.BigInteger",
            "guid" => "global::System.Guid",
            "timestamp" => "global::System.DateTime",
            "timestamp+offset" => "global::System.DateTimeOffset",
            "date" => "global::System.DateOnly",
            "time" => "global::System.TimeOnly",
            "duration" => "global::System.TimeSpan",
            "uri" => "global::System.Uri",
            "version" => "global::System.Version",
            "any" => "global::ButlerRpc.RawMessage",
            _ when shape.Length > 0 && char.IsUpper(shape[0]) && shape.All(c => char.IsLetterOrDigit(c) || c is '.' or '_') => "global::" + shape,
            _ => null,
        };
    }
}
