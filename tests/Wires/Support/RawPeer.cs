using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ButlerRpc.Platform;

namespace ButlerRpc.Wires.Tests.Support;

/// <summary>A scripted peer on a raw socket. It knows the wire only from its description: three u32, least significant byte first, and a body.</summary>
sealed class RawPeer(Socket socket) : IDisposable
{
    public Socket Socket { get; } = socket;

    public static async Task<RawPeer> DialAsync(ButlerEndpoint endpoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, endpoint.Port);
        return new RawPeer(socket);
    }

    public static async Task<RawPeer> AcceptAsync(TcpListener listener)
    {
        var socket = await listener.AcceptSocketAsync();
        socket.NoDelay = true;
        return new RawPeer(socket);
    }

    public static (TcpListener Listener, string Endpoint) Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (listener, $"iproto://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    public static byte[] Packet(uint message, uint sync, byte[] body)
    {
        var bytes = new List<byte>();
        foreach (var word in new[] { message, (uint)body.Length, sync })
        {
            for (var i = 0; i < 4; i++)
                bytes.Add((byte)(word >> (8 * i)));
        }

        bytes.AddRange(body);
        return [.. bytes];
    }

    public async Task SendAsync(byte[] bytes) => await Socket.SendAsync(bytes);

    public Task SendAsync(uint message, uint sync, byte[] body) => SendAsync(Packet(message, sync, body));

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        for (var have = 0; have < count;)
        {
            var received = await Socket.ReceiveAsync(bytes.AsMemory(have));
            if (received == 0)
                throw new EndOfStreamException($"the connection ended after {have} of {count} bytes");
            have += received;
        }

        return bytes;
    }

    public async Task<(uint Message, uint Sync, byte[] Body)> ReadPacketAsync()
    {
        var header = await ReadAsync(12);
        var body = await ReadAsync((int)BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4)));
        return (BinaryPrimitives.ReadUInt32LittleEndian(header), BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)), body);
    }

    public async Task ExpectAsync(byte[] bytes) => Assert.That(Vectors.Hex(await ReadAsync(bytes.Length)), Is.EqualTo(Vectors.Hex(bytes)));

    public Task ExpectAsync(uint message, uint sync, byte[] body) => ExpectAsync(Packet(message, sync, body));

    /// <summary>The connection ends, in order or not, and nothing comes before.</summary>
    public async Task ExpectEndAsync()
    {
        int received;
        try
        {
            received = await Socket.ReceiveAsync(new byte[1]);
        }
        catch (SocketException)
        {
            return;
        }

        Assert.That(received, Is.Zero, "bytes came where the end was expected");
    }

    public void Dispose() => Socket.Dispose();
}
