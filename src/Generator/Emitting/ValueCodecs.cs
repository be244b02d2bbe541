using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>The codecs that carry arguments and results, as expressions.</summary>
static class ValueCodecs
{
    public const string Unit = "global::ButlerRpc.Unit";

    public static string RequestType(MethodModel method) => method.BareMessage?.Value!.Type ?? ArgumentsType(method);

    public static string OfRequest(MethodModel method) => method.BareMessage?.Value is { } message ? OfMessage(message.Type) : $"{ArgumentsType(method)}.Codec.Instance";

    public static string OfResponse(MethodModel method) => method.Result is { } result ? Of(result, method, "Result") : "global::ButlerRpc.Codec.UnitCodec.Instance";

    public static string Of(ValueModel value, MethodModel method, string role) => value.IsMessage ? OfMessage(value.Type) : $"ButlerArguments.{method.Identifier}_{role}.Instance";

    static string ArgumentsType(MethodModel method) => $"ButlerArguments.{method.Identifier}";

    static string OfMessage(string type) => $"global::ButlerRpc.Codec.MessageCodec.Of<{type}>()";
}
