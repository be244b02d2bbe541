using ButlerRpc.Platform;

namespace ButlerRpc.Wires.Tests.Support;

/// <summary>Connections of <c>broken://name</c>, which throw what no connection should: a transport of a user's own may.</summary>
sealed class BrokenTransport(bool whenReceiving) : ITransport
{
    public const string Why = "the pipe was completed";

    public IReadOnlyList<string> Schemes => ["broken"];

    /// <summary>A platform that has it, beside its own transports.</summary>
    public ButlerPlatform On(ButlerPlatform platform) => new Extended(platform, this);

    public ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken) => new(new Broken(whenReceiving));

    public ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken) => throw new NotSupportedException();

    sealed class Broken(bool whenReceiving) : Connection
    {
        readonly TaskCompletionSource<int> _received = new();

        public override string LocalAddress => "here";

        public override string RemoteAddress => "broken";

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => whenReceiving ? throw new InvalidOperationException(Why) : new(_received.Task);

        public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => throw new InvalidOperationException(Why);

        public override void CloseWrite()
        {
        }

        public override void Abort() => _received.TrySetResult(0);

        public override ValueTask DisposeAsync()
        {
            Abort();
            return default;
        }
    }

    sealed class Extended(ButlerPlatform inner, ITransport more) : ButlerPlatform
    {
        public override TimeProvider Time => inner.Time;

        public override long Milliseconds => inner.Milliseconds;

        public override ButlerScheduler Scheduler => inner.Scheduler;

        public override ButlerRandom Random => inner.Random;

        public override INameResolver Names => inner.Names;

        public override IReadOnlyList<ITransport> Transports => [.. inner.Transports, more];
    }
}
