using System.Net;
using System.Net.Sockets;

namespace ButlerRpc.Soak.Site;

/// <summary>
/// The address that stays while what is behind it comes and goes: passes bytes on, in pieces of any size, until it is told to break or to hold connections.
/// </summary>
sealed class Front : IAsyncDisposable
{
    readonly Socket _listener;
    readonly int _seed;
    readonly List<Passage> _passages = [];
    readonly Task _accepting;
    volatile TaskCompletionSource? _frozen;
    int _accepted;

    public Front(EndPoint at, int seed)
    {
        _seed = seed;
        _listener = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(at);
        _listener.Listen(1024);
        _accepting = AcceptAsync();
    }

    /// <summary>Where new connections are passed on to; null: they are closed.</summary>
    public EndPoint? Target { get; set; }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Breaks one connection, as the network does (RST) or as an end does (FIN). False: there is none.</summary>
    public bool Cut(Random dice)
    {
        var (which, reset) = (dice.Next(), dice.Next(2) == 0);
        Passage passage;
        lock (_passages)
        {
            if (_passages.Count == 0)
                return false;
            passage = _passages[which % _passages.Count];
        }

        passage.Break(reset);
        return true;
    }

    /// <summary>No byte passes until <see cref="Thaw"/>.</summary>
    public void Freeze() => _frozen ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Thaw() => Interlocked.Exchange(ref _frozen, null)?.SetResult();

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        lock (_passages)
            _passages.ForEach(p => p.Break(reset: true));
        Thaw();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = PassAsync(await _listener.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is disposed.
        }
    }

    async Task PassAsync(Socket near)
    {
        var dice = new Random(_seed + Interlocked.Increment(ref _accepted));
        using var passage = new Passage(near, dice.Next(4) == 0 ? 1024 + dice.Next(8192) : 64 * 1024);
        try
        {
            if (Target is not { } target)
                return;
            await passage.ConnectAsync(target);
            lock (_passages)
                _passages.Add(passage);
            await Task.WhenAll(PumpAsync(passage.Near, passage.Far, passage.Bytes), PumpAsync(passage.Far, passage.Near, passage.Bytes));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of the ends is gone, and so is the passage then.
        }
        finally
        {
            lock (_passages)
                _passages.Remove(passage);
        }
    }

    async Task PumpAsync(Socket from, Socket to, int bytes)
    {
        var buffer = new byte[bytes];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                if (_frozen is { } frozen)
                    await frozen.Task;
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            from.Dispose();
            to.Dispose();
            throw;
        }
    }

    sealed class Passage(Socket near, int bytes) : IDisposable
    {
        public Socket Near => near;

        public Socket Far { get; private set; } = null!;

        public int Bytes => bytes;

        public async Task ConnectAsync(EndPoint target)
        {
            Far = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            if (target.AddressFamily != AddressFamily.Unix)
                near.NoDelay = Far.NoDelay = true;
            await Far.ConnectAsync(target);
        }

        public void Break(bool reset)
        {
            foreach (var end in (Socket[])[near, Far])
            {
                if (reset)
                    end.Close(0);
                else
                    end.Dispose();
            }
        }

        public void Dispose()
        {
            near.Dispose();
            Far?.Dispose();
        }
    }
}
