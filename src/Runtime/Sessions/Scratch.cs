using ButlerRpc.Codec;

namespace ButlerRpc.Sessions;

/// <summary>Buffers for what cannot be encoded inside the send buffer: one per thread, kept while small.</summary>
static class Scratch
{
    const int MostKept = 65_536;

    [ThreadStatic]
    static WriteBuffer? t_buffer;

    public static WriteBuffer Rent(int limit)
    {
        var buffer = t_buffer ?? new WriteBuffer();
        t_buffer = null;
        buffer.Limit = limit;
        return buffer;
    }

    public static void Return(WriteBuffer buffer)
    {
        buffer.Reset(MostKept);
        t_buffer = buffer;
    }
}
