using System.Net;
using System.Net.Sockets;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>A connected socket, used directly: pipes in between cost a third of the throughput for large frames and 1.3 × the CPU for small ones.</summary>
sealed class SocketConnection : Connection
{
    // Bytes that the kernel has taken cannot be overtaken. What it has not sent yet helps nobody beyond one frame, and a small call waits behind it.
    const int MostUnsent = 65_536;

    // Whoever asks for bytes has to be told of none. .NET's engine wants to know of every segment, though, once a receive has waited: it wakes a thread and then one of
    // the pool's, to find nothing to do. On two cores that took the one or the other core from those who had the work. So the kernel is told that so few bytes are no
    // news; 256 small calls have 12 KiB.
    const int NoNews = 16_384;

    readonly Socket _socket;
    readonly EndPoint? _local; // taken while it is open: a socket that is not has none
    readonly EndPoint? _remote;
    readonly bool _isLinuxTcp;
    bool _hasSeenBytes; // by asking, since the last receive
    bool _isMute;
    int _disposed;

    public SocketConnection(Socket socket)
    {
        _socket = socket;
        _isLinuxTcp = OperatingSystem.IsLinux() && socket.AddressFamily != AddressFamily.Unix;
        if (_isLinuxTcp)
            LimitUnsent();
        _local = socket.LocalEndPoint;
        _remote = socket.RemoteEndPoint;
    }

    public override string LocalAddress => field ??= Addresses.Local(_local);

    public override string RemoteAddress => field ??= Addresses.Remote(_remote);

    public override string? RemoteHost => (_remote as IPEndPoint)?.Address.ToString();

    public override bool IsLocal => _socket.AddressFamily == AddressFamily.Unix || (_remote is IPEndPoint remote && IPAddress.IsLoopback(remote.Address));

    public override bool IsPollable => true;

    public override bool HasBytes
    {
        get
        {
            try
            {
                _hasSeenBytes = _socket.Available > 0;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return true; // the receive says what is wrong
            }

            return _hasSeenBytes;
        }
    }

    public override void ExpectAsking()
    {
        if (_isLinuxTcp && !_isMute)
            Mute(true);
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_isMute && !_hasSeenBytes)
            Mute(false); // it may wait
        _hasSeenBytes = false;
        return _socket.ReceiveAsync(buffer, SocketFlags.None);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var send = _socket.SendAsync(bytes, SocketFlags.None);
        if (send.IsCompletedSuccessfully && send.Result == bytes.Length)
            return default;
        return SendRestAsync(send, bytes);
    }

    public override void CloseWrite()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already, which is what closing wants.
        }
    }

    public override void Abort()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        try
        {
            _socket.LingerState = new LingerOption(true, 0); // RST: a peer that waits for more must not
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already.
        }

        _socket.Dispose();
    }

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _socket.Dispose();
        return default;
    }

    static async ValueTask SendRestAsync(ValueTask<int> send, ReadOnlyMemory<byte> bytes, Socket socket)
    {
        var sent = await send;
        while (sent < bytes.Length)
            sent += await socket.SendAsync(bytes[sent..], SocketFlags.None);
    }

    ValueTask SendRestAsync(ValueTask<int> send, ReadOnlyMemory<byte> bytes) => SendRestAsync(send, bytes, _socket);

    void Mute(bool mute)
    {
        const int LevelSocket = 1, ReceiveLowWater = 18; // SO_RCVLOWAT
        _isMute = mute;
        SetOption(LevelSocket, ReceiveLowWater, mute ? NoNews : 1);
    }

    void LimitUnsent()
    {
        const int LevelTcp = 6, NotSentLowWater = 25; // TCP_NOTSENT_LOWAT, which .NET has no name for
        SetOption(LevelTcp, NotSentLowWater, MostUnsent);
    }

    void SetOption(int level, int name, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(bytes, value);
        try
        {
            _socket.SetRawSocketOption(level, name, bytes);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // A kernel without it, or a connection that is gone already: it works as well, with more in between.
        }
    }
}
