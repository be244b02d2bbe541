using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>The file of a message: its declaration, made an IButlerMessage, with its codec nested in it.</summary>
static class MessageEmitter
{
    public static string Emit(MessageModel message)
    {
        var code = new CodeWriter();
        var declaration = message.Declaration!;
        var self = declaration.Self;
        var contract = $"{CodecEmitter.Codec}.IButlerMessage<{declaration.FullyQualified}>";
        code.WriteHeader();
        code.OpenContainers(declaration);
        code.Open($"partial {self.Keyword} {self.Identifier}{self.TypeParameters} : {contract}");
        code.Line($"static {CodecEmitter.Codec}.MessageCodec<{declaration.FullyQualified}> {contract}.Codec => {message.CodecName}.Instance;\n");
        CodecEmitter.WriteMessage(code, message.HidesBaseCodec ? "public new sealed" : "public sealed", message);
        if (!message.Structures.IsEmpty)
            CodecEmitter.WriteStructures(code, "internal sealed", message.Structures);
        code.Close();
        code.CloseContainers(declaration);
        return code.ToString();
    }
}
