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
        writer.OpenNested(service.Type, $"internal static class {ValueCodecs.Holder}");
        var separate = false;
        foreach (var method in service.Methods.Where(m => m.BareMessage is null))
        {
            Separate(writer, ref separate);
            Struct(writer, method);
            writer.Line();
            CodecEmitter.WriteMessage(writer, "internal sealed", Model(service, method));
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

    static void Struct(CodeWriter writer, MethodModel method)
    {
        var name = ValueCodecs.ArgumentsName(method);
        writer.Line($"/// <summary>The arguments of {method.Name} as they travel.</summary>");
        writer.Line(CodeWriter.GeneratedCode);
        writer.Open($"internal readonly struct {name}");
        foreach (var parameter in method.Values)
            writer.Line($"public readonly {parameter.Type} {Identifiers.Escape(parameter.Name)};");
        if (method.Values.Any())
        {
            writer.Line();
            writer.Open($"public {name}({string.Join(", ", method.Values.Select(p => $"{p.Type} {Identifiers.Escape(p.Name)}"))})");
            foreach (var parameter in method.Values)
                writer.Line($"this.{Identifiers.Escape(parameter.Name)} = {Identifiers.Escape(parameter.Name)};");
            writer.Close();
        }

        writer.Close();
    }

    // For the wire the arguments are a message: an array of them, in order.
    static MessageModel Model(ServiceModel service, MethodModel method)
    {
        var name = ValueCodecs.ArgumentsName(method);
        var values = method.Values.ToList();
        return new MessageModel
        {
            Type = $"{service.Type.FullyQualified}.{ValueCodecs.Holder}.{name}",
            DisplayName = $"{service.Type.Self.Identifier}.{method.Name}",
            CodecName = name + "Codec",
            IsValueType = true,
            Length = values.Count,
            Arguments = values.Select((p, i) => new ArgumentModel(p.Name, i)).ToEquatableArray(),
            EncodesInPlace = values.All(p => p.Value!.Wire.IsClosedShape),
            Members = values.Select((p, i) => new MemberModel
            {
                Name = p.Name,
                Index = i,
                Key = p.Name,
                Wire = p.Value!.Wire,
                Type = p.Type,
                Setting = MemberSetting.Constructor,
                IsRequired = p.IsRequired,
                Default = p.Default ?? $"default({p.Type})",
                MaxLength = p.MaxLength,
                MaxCount = p.MaxCount,
            }).ToEquatableArray(),
        };
    }
}
