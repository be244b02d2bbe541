using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Threading.Channels;
using ButlerRpc.Platform;

namespace ButlerRpc.Runtime.Tests.Transport;

/// <summary>A transport as a user would write one: pairs of pipes inside the process.</summary>
sealed class PipeTransport : ITransport
{
    readonly ConcurrentDictionary<string, Listener> _listeners = new();

    public IReadOnlyList<string> Schemes { get; } = ["pipe"];

    public ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_listeners.TryGetValue(endpoint.Host, out var listener))
            return ValueTask.FromException<Connection>(new IOException($"{endpoint} cannot be reached"));
        var (there, back) = (new Pipe(), new Pipe());
        return listener.Offer(new PipeConnection(there.Reader, back.Writer))
            ? new(new PipeConnection(back.Reader, there.Writer))
            : ValueTask.FromException<Connection>(new IOException($"{endpoint} is closed"));
    }

    public ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        var listener = new Listener(endpoint, () => _listeners.TryRemove(endpoint.Host, out _));
        return _listeners.TryAdd(endpoint.Host, listener)
            ? new(listener)
            : ValueTask.FromException<ConnectionListener>(new IOException($"cannot listen on {endpoint}: it is taken"));
    }

    sealed class Listener(ButlerEndpoint endpoint, Action remove) : ConnectionListener
    {
        readonly Channel<Connection> _offered = Channel.CreateUnbounded<Connection>();

        public override ButlerEndpoint Endpoint => endpoint;

        public bool Offer(Connection connection) => _offered.Writer.TryWrite(connection);

        public override async ValueTask<Connection?> AcceptAsync() =>
            await _offered.Reader.WaitToReadAsync() && _offered.Reader.TryRead(out var connection) ? connection : null;

        public override ValueTask DisposeAsync()
        {
            remove();
            _offered.Writer.TryComplete();
            return default;
        }
    }

    sealed class PipeConnection(PipeReader reader, PipeWriter writer) : Connection
    {
        public override string LocalAddress => "here";

        public override string RemoteAddress => "there";

        public override bool IsLocal => true;

        public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
        {
            var result = await reader.ReadAsync();
            if (result.IsCanceled)
                throw new IOException("the connection was aborted");
            var part = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, buffer.Length));
            part.CopyTo(buffer.Span);
            reader.AdvanceTo(part.End);
            return (int)part.Length;
        }

        public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
        {
            if ((await writer.WriteAsync(bytes)).IsCompleted)
                throw new IOException("the other end is closed");
        }

        public override void CloseWrite() => writer.Complete();

        public override void Abort()
        {
            reader.CancelPendingRead();
            writer.Complete();
        }

        public override ValueTask DisposeAsync()
        {
            Abort();
            return default;
        }
    }
}
