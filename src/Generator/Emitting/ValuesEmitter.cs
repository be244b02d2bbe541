using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>The arguments of methods that take more or less than one message, and the codecs of what is no message.</summary>
static class ValuesEmitter
{
    public static string? Emit(ServiceModel service)
    {
        var codecs = new ValueCodecs(service);
        if (!codecs.IsNeeded)
            return null;
        var writer = new CodeWriter();
        writer.OpenNested(service.Type, $"internal static class {ValueCodecs.Holder}", service.UsesForbidden);
        var separate = false;
        foreach (var method in service.Methods.Where(m => m.BareMessage is null))
        {
            Separate(writer, ref separate);
            ArgumentsEmitter.Write(writer, ValueCodecs.ArgumentsName(method), $"{service.Type.Self.Identifier}.{method.Name}", [.. method.Values.Select(p => p.ToArgument())]);
        }

        foreach (var (name, wire) in codecs.Values)
        {
            Separate(writer, ref separate);
            CodecEmitter.WriteValue(writer, "internal sealed", name, wire, wire.Type.Replace("global::", ""));
        }

        CodecEmitter.WriteStructures(writer, "internal sealed", service.Structures);
        writer.CloseNested(service.Type);
        return writer.ToString();
    }

    static void Separate(CodeWriter writer, ref bool needed)
    {
        if (needed)
            writer.Line();
        needed = true;
    }
}
