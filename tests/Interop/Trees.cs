using System.Collections;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace ButlerRpc.Interop.Tests;

/// <summary>What a value is on the wire, made by reflection from the type table in docs/types.md, without a codec: what the peers decode is compared with it.</summary>
static class Trees
{
    public static JsonArray Of(object? value, Type declared)
    {
        if (value is null)
            return ["nil"];
        if (declared.GetCustomAttributes<ButlerUnionAttribute>().FirstOrDefault(u => u.Case == value.GetType()) is { } @case)
            return ["a", new JsonArray(Integer(@case.Tag), Of(value, value.GetType()))];
        return value switch
        {
            bool b => ["b", b],
            char c => Integer(c),
            Enum e => Integer(Convert.ToInt64(e, null)),
            sbyte or byte or short or ushort or int or uint or long or ulong => ["i", value.ToString()],
            float f => Float(f),
            double d => Float(d),
            Half h => Float((double)h),
            string s => ["s", s],
            byte[] bytes => Binary(bytes),
            Guid id => Binary(id.ToByteArray(bigEndian: true)),
            decimal m => Binary(decimal.GetBits(m).Reverse().SelectMany(i => BitConverter.GetBytes(i).Reverse())),
            Int128 i => Binary(Enumerable.Range(0, 16).Select(n => (byte)(i >> (8 * (15 - n))))),
            BigInteger big => Binary(big.ToByteArray()),
            DateTime time => Timestamp(time.Ticks),
            DateTimeOffset time => ["a", new JsonArray(Timestamp(time.UtcTicks), Integer((long)time.Offset.TotalMinutes))],
            DateOnly date => Integer(date.DayNumber),
            TimeOnly time => Integer(time.Ticks),
            TimeSpan span => Integer(span.Ticks),
            IDictionary map => ["m", new JsonArray([.. map.Cast<object>().Select(Pair)])],
            IEnumerable items => ["a", new JsonArray([.. items.Cast<object?>().Select(i => Of(i, i?.GetType() ?? typeof(object)))])],
            ITuple tuple => ["a", new JsonArray([.. Enumerable.Range(0, tuple.Length).Select(i => Of(tuple[i], tuple[i]?.GetType() ?? typeof(object)))])],
            _ => Message(value),
        };
    }

    static JsonArray Message(object value)
    {
        var members = value.GetType().GetConstructors().MaxBy(c => c.GetParameters().Length)!.GetParameters()
            .Select(p => value.GetType().GetProperty(p.Name!)!).Select(p => (p.Name, Tree: Of(p.GetValue(value), p.PropertyType)));
        return value.GetType().GetCustomAttribute<ButlerMessageAttribute>()!.Layout == MessageLayout.Map
            ? ["m", new JsonArray([.. members.Select(m => new JsonArray(new JsonArray("s", m.Name), m.Tree))])]
            : ["a", new JsonArray([.. members.Select(m => m.Tree)])];
    }

    static JsonNode Pair(object pair)
    {
        var type = pair.GetType();
        var (key, value) = (type.GetProperty("Key")!.GetValue(pair), type.GetProperty("Value")!.GetValue(pair));
        return new JsonArray(Of(key, key!.GetType()), Of(value, value?.GetType() ?? typeof(object)));
    }

    static JsonArray Integer(long value) => ["i", value.ToString(System.Globalization.CultureInfo.InvariantCulture)];

    static JsonArray Float(double value) => ["f", double.IsNaN(value) ? "nan" : BitConverter.DoubleToInt64Bits(value).ToString("x16", null)];

    static JsonArray Binary(IEnumerable<byte> bytes) => ["x", Convert.ToHexStringLower(bytes.ToArray())];

    static JsonArray Timestamp(long ticks)
    {
        var since = (BigInteger)ticks - DateTime.UnixEpoch.Ticks;
        var seconds = since >= 0 ? since / TimeSpan.TicksPerSecond : -((-since + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond);
        return ["t", seconds.ToString(null, null), (long)(since - (seconds * TimeSpan.TicksPerSecond)) * 100];
    }

    /// <summary>One text for equal trees: pairs in order of their keys, and whole numbers alike whether they are integers or floats where a peer has one kind only.</summary>
    public static string Canonical(JsonNode? node, bool oneKindOfNumber)
    {
        var tree = (JsonArray)node!;
        switch ((string)tree[0]!)
        {
            case "a":
                return $"[{string.Join(",", ((JsonArray)tree[1]!).Select(i => Canonical(i, oneKindOfNumber)))}]";
            case "m":
                return $"{{{string.Join(",", ((JsonArray)tree[1]!).Select(p => $"{Canonical(p![0], oneKindOfNumber)}:{Canonical(p[1], oneKindOfNumber)}").Order(StringComparer.Ordinal))}}}";
            case "f" when oneKindOfNumber && (string)tree[1]! != "nan":
                var value = BitConverter.Int64BitsToDouble(Convert.ToInt64((string)tree[1]!, 16));
                return Math.Abs(value) <= (1L << 53) - 1 && value == Math.Truncate(value) && !(value == 0 && double.IsNegative(value)) ? $"""["i","{value:F0}"]""" : tree.ToJsonString();
            default:
                return tree.ToJsonString();
        }
    }
}
