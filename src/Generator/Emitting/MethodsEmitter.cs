using System.Globalization;
using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>The descriptors: one static instance per method, shared by proxy and dispatcher.</summary>
static class MethodsEmitter
{
    public static string Emit(ServiceModel service)
    {
        var codecs = new ValueCodecs(service);
        var writer = new CodeWriter();
        writer.OpenNested(service.Type, "internal static class ButlerMethods", service.UsesForbidden);
        foreach (var method in service.Methods)
        {
            foreach (var stream in method.Streams)
                Stream(writer, codecs, method, stream);
            Descriptor(writer, codecs, method);
            writer.Line();
        }

        var all = string.Join(", ", service.Methods.Select(m => Identifiers.Escape(m.Identifier)));
        writer.Line($"public static readonly global::System.Collections.Generic.IReadOnlyList<global::ButlerRpc.Calls.Method> All = new global::ButlerRpc.Calls.Method[] {{ {all} }};");
        writer.CloseNested(service.Type);
        return writer.ToString();
    }

    /// <summary>The field that describes a stream parameter.</summary>
    public static string StreamField(MethodModel method, ParameterModel stream) => $"{method.Identifier}_{stream.Name}";

    static void Stream(CodeWriter writer, ValueCodecs codecs, MethodModel method, ParameterModel stream)
    {
        var type = stream.Value!.Type;
        var number = method.Streams.TakeWhile(s => !ReferenceEquals(s, stream)).Count() + 1;
        writer.Line(
            $"""
            public static readonly global::ButlerRpc.Calls.StreamParameter<{type}> {StreamField(method, stream)} =
                new({number.ToString(CultureInfo.InvariantCulture)}, {Identifiers.Literal(stream.Name)}, {codecs.Of(stream.Value)});

            """);
    }

    static void Descriptor(CodeWriter writer, ValueCodecs codecs, MethodModel method)
    {
        var request = ValueCodecs.RequestType(method);
        var response = method.Result?.Type ?? ValueCodecs.Unit;
        writer.Open($"public static readonly global::ButlerRpc.Calls.Method<{request}, {response}> {Identifiers.Escape(method.Identifier)} = new()");
        writer.Line(
            $"""
            Service = {Identifiers.Literal(method.Service)},
            Name = {Identifiers.Literal(method.Name)},
            Code = 0x{method.Code.ToString("X8", CultureInfo.InvariantCulture)},
            Shape = global::ButlerRpc.Calls.MethodShape.{method.Shape},
            RequestCodec = {codecs.OfRequest(method)},
            ResponseCodec = {codecs.OfResponse(method)},
            ShapeHash = {ShapesEmitter.Hash(method)},
            ContractLines = {ShapesEmitter.Lines(method)},
            """);
        Options(writer, codecs, method);
        writer.Close(";");
    }

    static void Options(CodeWriter writer, ValueCodecs codecs, MethodModel method)
    {
        var options = method.Options;
        if (options.Idempotent)
            writer.Line("Idempotent = true,");
        if (options.Inline)
            writer.Line("Inline = true,");
        if (options.Ordered)
            writer.Line("Ordered = true,");
        if (options.MaxInFlight > 0)
            writer.Line($"MaxInFlight = {options.MaxInFlight.ToString(CultureInfo.InvariantCulture)},");
        if (options.TimeoutMilliseconds > 0)
            writer.Line($"Timeout = {Milliseconds(options.TimeoutMilliseconds)},");
        if (options.ItemTimeoutMilliseconds > 0)
            writer.Line($"ItemTimeout = {Milliseconds(options.ItemTimeoutMilliseconds)},");
        if (options.Overflow is not null)
            writer.Line($"Overflow = global::ButlerRpc.StreamOverflow.{options.Overflow},");
        if (options.Overflow is not null && options.Key is not null && method.Result is { } item)
            writer.Line($"ItemKey = global::ButlerRpc.Calls.ItemKey<{item.Type}>.By(static item => item.{Identifiers.Escape(options.Key)}),");
        if (options.Policy is not null)
            writer.Line($"Policy = {Identifiers.Literal(options.Policy)},");
        if (!method.Faults.IsEmpty)
        {
            var faults = string.Join(", ", method.Faults.Select(f => $"new global::ButlerRpc.Calls.Fault<{f.Type}>({codecs.Of(f)})"));
            writer.Line($"Faults = new global::ButlerRpc.Calls.Fault[] {{ {faults} }},");
        }

        if (method.Streams.Any())
            writer.Line($"Streams = new global::ButlerRpc.Calls.StreamParameter[] {{ {string.Join(", ", method.Streams.Select(s => StreamField(method, s)))} }},");
    }

    static string Milliseconds(int value) => $"global::System.TimeSpan.FromMilliseconds({value.ToString(CultureInfo.InvariantCulture)}.0)";
}
