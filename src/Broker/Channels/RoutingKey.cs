using ButlerRpc.Codec;

namespace ButlerRpc.Broker.Channels;

/// <summary>The key by which a call keeps to a provider: an entry of its metadata, the only thing of a call that the broker looks into.</summary>
static class RoutingKey
{
    /// <summary>0: none.</summary>
    public static ulong Of(ReadOnlySpan<byte> metadata)
    {
        if (metadata.IsEmpty)
            return 0;
        try
        {
            var reader = new MessagePackReader(metadata);
            for (var left = reader.ReadMapHeader(); left > 0; left--)
            {
                var key = reader.ReadString();
                if (key == BrokerConsumer.KeyEntry)
                    return Hash(reader.ReadString());
                reader.Skip();
            }
        }
        catch (ButlerException)
        {
            // Not for the broker to judge: the provider refuses what it cannot read.
        }

        return 0;
    }

    // FNV-1a: the same in every process and after every restart, so that several brokers agree. 0 stands for no key.
    static ulong Hash(string? key)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var character in key ?? "")
            hash = (hash ^ character) * 0x100000001B3;
        return hash == 0 ? 1 : hash;
    }
}
