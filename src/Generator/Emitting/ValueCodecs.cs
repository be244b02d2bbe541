using System.Globalization;
using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>The codecs that carry the arguments and results of a service, by name and as expressions. Values of one type share a codec.</summary>
sealed class ValueCodecs
{
    /// <summary>The nested class that holds them.</summary>
    public const string Holder = "ButlerValues";

    public const string Unit = "global::ButlerRpc.Unit";

    readonly Dictionary<WireType, string> _names = [];

    public ValueCodecs(ServiceModel service)
    {
        Service = service;
        var taken = new HashSet<string>(service.Structures.Select(s => s.CodecName), StringComparer.Ordinal);
        foreach (var method in service.Methods.Where(m => m.BareMessage is null))
            taken.Add(ArgumentsName(method));

        foreach (var value in service.Methods.SelectMany(m => m.Streams.Select(s => s.Value).Append(m.Result)).OfType<ValueModel>().Where(v => !v.IsMessage))
        {
            if (_names.ContainsKey(value.Wire))
                continue;
            var stem = new string([.. value.Wire.Label.Where(c => char.IsLetterOrDigit(c) || c == '_')]);
            var name = $"CodecOf{stem}";
            for (var i = 2; !taken.Add(name); i++)
                name = $"CodecOf{stem}{i.ToString(CultureInfo.InvariantCulture)}";
            _names.Add(value.Wire, name);
        }
    }

    public ServiceModel Service { get; }

    /// <summary>The values that need a codec of their own, in the order of its name.</summary>
    public IEnumerable<(string Name, WireType Wire)> Values => _names.Select(n => (n.Value, n.Key)).OrderBy(n => n.Value, StringComparer.Ordinal);

    /// <summary>False when every value is a message with a codec of its own.</summary>
    public bool IsNeeded => _names.Count > 0 || !Service.Structures.IsEmpty || Service.Methods.Any(m => m.BareMessage is null);

    public static string ArgumentsName(MethodModel method) => method.Identifier + "Arguments";

    public static string RequestType(MethodModel method) => method.BareMessage?.Value!.Type ?? $"{Holder}.{ArgumentsName(method)}";

    public string OfRequest(MethodModel method) => method.BareMessage?.Value is { } message ? Of(message) : $"{RequestType(method)}.Codec.Instance";

    public string OfResponse(MethodModel method) => method.Result is { } result ? Of(result) : "global::ButlerRpc.Codec.UnitCodec.Instance";

    public string Of(ValueModel value) => value.Wire.Kind switch
    {
        WireKind.Message => $"{value.Wire.Name}.Instance",
        WireKind.HandWritten => $"global::ButlerRpc.Codec.MessageCodec.Of<{value.Type}>()",
        WireKind.Structure => $"{Holder}.{value.Wire.Name}.Instance",
        _ => $"{Holder}.{_names[value.Wire]}.Instance",
    };
}
