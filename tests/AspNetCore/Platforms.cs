using ButlerRpc.Platform;
using ButlerRpc.Testing;
using ButlerRpc.Transport;

namespace ButlerRpc.AspNetCore.Tests;

/// <summary>TCP, with something said first, as a proxy does.</summary>
sealed class PreludeTransport(string prelude) : ITransport
{
    readonly TcpTransport _tcp = new();

    public IReadOnlyList<string> Schemes => _tcp.Schemes;

    public ButlerClient Client(string endpoint) => ButlerClient.Open(endpoint, Patient.Client with { Platform = new SystemPlatform([this]) });

    public async ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
    {
        var connection = await _tcp.DialAsync(endpoint, platform, cancellationToken);
        await connection.SendAsync(System.Text.Encoding.ASCII.GetBytes(prelude));
        return connection;
    }

    public ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}

/// <summary>A platform whose timers are due at once.</summary>
sealed class HastyPlatform : ButlerPlatform
{
    public override TimeProvider Time { get; } = new Hasty();

    public override long Milliseconds => StandardPlatform.Shared.Milliseconds;

    public override ButlerScheduler Scheduler => StandardPlatform.Shared.Scheduler;

    public override ButlerRandom Random => StandardPlatform.Shared.Random;

    public override INameResolver Names => StandardPlatform.Shared.Names;

    public override IReadOnlyList<ITransport> Transports => StandardPlatform.Shared.Transports;

    sealed class Hasty : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.Zero, period);
    }
}
