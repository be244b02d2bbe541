using System.Buffers.Binary;
using System.Net.Sockets;
using ButlerRpc.Platform;

namespace ButlerRpc.Testing;

/// <summary>
/// A raw peer for tests, in either role: it sends the bytes it is told to and reads what comes. It knows the wire only through <see cref="Wire"/>, and works on
/// any transport.
/// </summary>
public sealed class SimPeer(Connection connection) : IAsyncDisposable
{
    readonly byte[] _buffer = new byte[4096];
    int _start;
    int _end;

    /// <summary>The connection underneath.</summary>
    public Connection Connection { get; } = connection;

    /// <summary>Dials.</summary>
    public static async Task<SimPeer> DialAsync(ButlerPlatform platform, string endpoint)
    {
        ArgumentNullException.ThrowIfNull(platform);
        var parsed = ButlerEndpoint.Parse(endpoint);
        return new SimPeer(await platform.TransportOf(parsed).DialAsync(parsed, platform, default));
    }

    /// <summary>Listens.</summary>
    public static async Task<ConnectionListener> ListenAsync(ButlerPlatform platform, string endpoint)
    {
        ArgumentNullException.ThrowIfNull(platform);
        var parsed = ButlerEndpoint.Parse(endpoint);
        return await platform.TransportOf(parsed).ListenAsync(parsed, platform, default);
    }

    /// <summary>Accepts the next connection.</summary>
    public static async Task<SimPeer> AcceptAsync(ConnectionListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        return new SimPeer(await listener.AcceptAsync() ?? throw new IOException("the listener was closed"));
    }

    /// <summary>As a dialler: preface and HELLO, then WELCOME is read and given back.</summary>
    public async Task<WireFrame> OpenAsync(byte[]? hello = null)
    {
        await SendAsync(Wire.Preface, hello ?? Wire.HelloFrame());
        return await ExpectFrameAsync(Wire.Welcome);
    }

    /// <summary>As an acceptor: preface and HELLO are read, WELCOME is sent; gives HELLO back.</summary>
    public async Task<WireFrame> WelcomeAsync(byte[]? welcome = null)
    {
        await ExpectAsync(Wire.Preface);
        var hello = await ExpectFrameAsync(Wire.Hello);
        await SendAsync(welcome ?? Wire.WelcomeFrame());
        return hello;
    }

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(params byte[][] parts) => await Connection.SendAsync(Bytes.Concat(parts));

    /// <summary>Sends bytes to somebody who may close the connection at the sight of the first of them.</summary>
    public async Task OfferAsync(params byte[][] parts)
    {
        try
        {
            await SendAsync(parts);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // What was sent before the end is still to be read.
        }
    }

    /// <summary>Reads so many bytes.</summary>
    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        for (var have = 0; have < count;)
        {
            if (_start == _end && !await FillAsync())
                throw new EndOfStreamException($"the connection ended after {have} of {count} bytes: {Convert.ToHexString(bytes, 0, have)}");
            var part = Math.Min(count - have, _end - _start);
            Array.Copy(_buffer, _start, bytes, have, part);
            _start += part;
            have += part;
        }

        return bytes;
    }

    /// <summary>Reads bytes that must be these.</summary>
    public async Task ExpectAsync(byte[] expected)
    {
        ArgumentNullException.ThrowIfNull(expected);
        Compare(expected, await ReadAsync(expected.Length));
    }

    /// <summary>Reads a frame; null: the connection has ended.</summary>
    public async Task<WireFrame?> ReadFrameAsync()
    {
        if (_start == _end && !await FillAsync())
            return null;
        var header = await ReadAsync(16);
        var payload = await ReadAsync((int)BinaryPrimitives.ReadUInt32LittleEndian(header));
        return WireFrame.Parse(header, payload);
    }

    /// <summary>Reads a frame that must be of this kind.</summary>
    public async Task<WireFrame> ExpectFrameAsync(byte kind)
    {
        var frame = await ReadFrameAsync() ?? throw new EndOfStreamException($"the connection ended; a frame of kind 0x{kind:X2} was expected");
        return frame.Kind == kind ? frame : throw new InvalidDataException($"expected a frame of kind 0x{kind:X2}, got {frame} {Convert.ToHexString(frame.Payload)}");
    }

    /// <summary>Reads to the end, whether it is a FIN or a reset, and gives what came before.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        var all = new List<byte>();
        try
        {
            do
            {
                all.AddRange(_buffer.AsSpan(_start, _end - _start));
                _start = _end = 0;
            }
            while (await FillAsync());
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // A reset is an end as well.
        }

        return [.. all];
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    static void Compare(byte[] expected, byte[] actual)
    {
        if (!actual.AsSpan().SequenceEqual(expected))
            throw new InvalidDataException($"expected {Convert.ToHexString(expected)}{Environment.NewLine}but was   {Convert.ToHexString(actual)}");
    }

    async Task<bool> FillAsync()
    {
        _start = _end = 0;
        _end = await Connection.ReceiveAsync(_buffer);
        return _end > 0;
    }
}
