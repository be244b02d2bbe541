using ButlerRpc.Codec;

namespace ButlerRpc.Contracts.External;

/// <summary>A message whose codec is written by hand.</summary>
public sealed record Text(string Value) : IButlerMessage<Text>
{
    static MessageCodec<Text> IButlerMessage<Text>.Codec { get; } = new TextCodec();
}

sealed class TextCodec : MessageCodec<Text>
{
    public override void Write(ref MessagePackWriter writer, in Text value) => writer.WriteString(value.Value);

    public override Text Read(ref MessagePackReader reader) => new(reader.ReadString()!);
}
