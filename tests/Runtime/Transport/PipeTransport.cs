using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Channels;
using ButlerRpc.Platform;

namespace ButlerRpc.Runtime.Tests.Transport;

/// <summary>What it takes to add a transport: this one class (with the two it hands out), and its place in the platform. It carries bytes over pipes in the process.</summary>
sealed class PipeTransport : ITransport
{
    readonly Dictionary<string, Listener> _listeners = [];

    public IReadOnlyList<string> Schemes { get; } = ["pipe"];

    public ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_listeners)
        {
            if (!_listeners.TryGetValue(endpoint.Host, out var listener))
                throw new IOException($"nobody listens on {endpoint}");
            var (there, back) = (new Pipe(), new Pipe());
            listener.Arrived.Writer.TryWrite(new PipeConnection(there.Reader, back.Writer, "server", "client"));
            return new(new PipeConnection(back.Reader, there.Writer, "client", "server"));
        }
    }

    public ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        var listener = new Listener(this, endpoint);
        lock (_listeners)
            return _listeners.TryAdd(endpoint.Host, listener) ? new(listener) : throw new IOException($"cannot listen on {endpoint}: it is taken");
    }

    sealed class Listener(PipeTransport transport, ButlerEndpoint endpoint) : ConnectionListener
    {
        public Channel<Connection> Arrived { get; } = Channel.CreateUnbounded<Connection>();

        public override ButlerEndpoint Endpoint => endpoint;

        public override async ValueTask<Connection?> AcceptAsync() =>
            await Arrived.Reader.WaitToReadAsync() && Arrived.Reader.TryRead(out var connection) ? connection : null;

        public override ValueTask DisposeAsync()
        {
            lock (transport._listeners)
                transport._listeners.Remove(endpoint.Host);
            Arrived.Writer.TryComplete();
            return default;
        }
    }
}

sealed class PipeConnection(PipeReader input, PipeWriter output, string local, string remote) : Connection
{
    volatile bool _aborted;

    public override string LocalAddress => local;

    public override string RemoteAddress => remote;

    public override bool IsLocal => true;

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        var read = await input.ReadAsync();
        var taken = (int)Math.Min(buffer.Length, read.Buffer.Length);
        var part = read.Buffer.Slice(0, taken);
        part.CopyTo(buffer.Span);
        input.AdvanceTo(part.End);
        return _aborted ? throw new IOException("aborted") : taken;
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_aborted || (await output.WriteAsync(bytes)).IsCompleted)
            throw new IOException("the other end has gone");
    }

    public override void CloseWrite() => output.Complete();

    public override void Abort()
    {
        _aborted = true;
        output.CancelPendingFlush();
        output.Complete(new IOException("aborted"));
        input.CancelPendingRead();
    }

    public override ValueTask DisposeAsync()
    {
        _aborted = true;
        output.Complete();
        input.CancelPendingRead();
        return default;
    }
}
