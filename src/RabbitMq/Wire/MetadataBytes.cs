using ButlerRpc.Codec;

namespace ButlerRpc.RabbitMq.Wire;

static class MetadataBytes
{
    /// <exception cref="ButlerException">TooLarge.</exception>
    public static byte[]? Of(Metadata? metadata)
    {
        if (metadata is not { Count: > 0 })
            return null;
        using var buffer = new WriteBuffer();
        metadata.Write(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
