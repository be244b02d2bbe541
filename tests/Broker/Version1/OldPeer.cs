using System.Buffers.Binary;
using System.Text;
using ButlerRpc.Broker.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Broker.Tests.Version1;

/// <summary>A scripted peer of version 1, written from the description of its wire and not with the library's code.</summary>
sealed class OldPeer(SimPeer peer, Guid client, Guid channel) : IAsyncDisposable
{
    public const int MostPayload = 1 << 20;

    public Guid Client => client;

    public byte[] Route => [.. client.ToByteArray(bigEndian: true), .. channel.ToByteArray(bigEndian: true)];

    public static async Task<OldPeer> DialAsync(Simulation sim, Guid? channel = null) =>
        new(await SimPeer.DialAsync(sim.Platform, BrokerWorld.Endpoint), sim.Random.NextGuid(), channel ?? BrokerWorld.Orders);

    public static async Task<OldPeer> RegisterAsync(BrokerWorld world, byte role, Guid? channel = null)
    {
        var peer = await DialAsync(world.Sim, channel);
        var before = (world.Broker.Statistics.Consumers, world.Broker.Statistics.Providers);
        var id = Guid.NewGuid();
        await peer.SendAsync(4, id, peer.Start(role));
        await peer.SendAsync(6, id, []);
        await world.Sim.UntilAsync(() => (world.Broker.Statistics.Consumers, world.Broker.Statistics.Providers) != before);
        return peer;
    }

    public byte[] Start(byte role, ulong timeout = 5000)
    {
        var bytes = new byte[9];
        bytes[0] = role;
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(1), timeout);
        return [.. bytes, .. Route];
    }

    public Task SendAsync(byte kind, Guid request, byte[] payload, ushort flags = 0) => peer.SendAsync(Header(kind, request, payload.Length, flags), payload);

    /// <summary>A request, in chunks as large as they may be.</summary>
    public async Task<Guid> RequestAsync(byte[] body, ushort flags = 0, ulong timeout = 5000)
    {
        var request = Guid.NewGuid();
        await SendAsync(4, request, Start(1, timeout), flags);
        foreach (var chunk in body.Chunk(MostPayload))
            await SendAsync(5, request, chunk);
        await SendAsync(6, request, []);
        return request;
    }

    public async Task<(byte Kind, Guid Request, byte[] Payload)> ReadAsync()
    {
        var header = await peer.ReadAsync(24);
        return (header[1], new Guid(header.AsSpan(4, 16), bigEndian: true), await peer.ReadAsync((int)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(20))));
    }

    /// <summary>As a provider: the next request, put together.</summary>
    public async Task<(Guid Request, byte[] Route, byte[] Body)> TakeAsync()
    {
        var (kind, request, route) = await ReadAsync();
        Assert.That(kind, Is.EqualTo(4), Encoding.UTF8.GetString(route));
        var body = new List<byte[]>();
        while (true)
        {
            var next = await ReadAsync();
            if (next.Kind == 6)
                return (request, route, body.SelectMany(b => b).ToArray());
            body.Add(next.Payload);
        }
    }

    public Task<byte[]> ReadToEndAsync() => peer.ReadToEndAsync();

    public ValueTask DisposeAsync() => peer.DisposeAsync();

    static byte[] Header(byte kind, Guid request, int length, ushort flags)
    {
        var bytes = new byte[24];
        bytes[0] = 1;
        bytes[1] = kind;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), flags);
        request.TryWriteBytes(bytes.AsSpan(4), bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(20), (uint)length);
        return bytes;
    }
}
