namespace ButlerRpc.Generator.Model;

/// <summary>Which types have an iproto form: that protocol knows few.</summary>
static class IprotoForms
{
    /// <summary>What there is, for people.</summary>
    public const string Known = "integers, bool, enums, strings, bytes, arrays and lists of them, and messages";

    public static bool Has(WireType wire) => wire.Kind switch
    {
        WireKind.Scalar => wire.Name == "Boolean" || IsInteger(wire),
        WireKind.Enum => IsInteger(wire.Item),
        WireKind.Nullable => wire.Item.Kind == WireKind.String,
        WireKind.String or WireKind.Bytes or WireKind.Message or WireKind.HandWritten => true,
        WireKind.Sequence => wire.Form is { Span: not null, Via: "Array" or "List", Charge: 0 } && Has(wire.Item),
        _ => false,
    };

    /// <summary>BER changes how it is packed: integers of more than a byte, and whatever has a length or a count before it.</summary>
    public static bool DependsOnMode(WireType wire) => wire.Kind switch
    {
        WireKind.Scalar => IsInteger(wire) && wire.Name is not ("Byte" or "SByte"),
        WireKind.Enum => DependsOnMode(wire.Item),
        WireKind.String or WireKind.Nullable or WireKind.Bytes or WireKind.Sequence => true,
        _ => false,
    };

    static bool IsInteger(WireType wire) => wire.Name is "Byte" or "SByte" or "Int16" or "UInt16" or "Int32" or "UInt32" or "Int64" or "UInt64";
}
