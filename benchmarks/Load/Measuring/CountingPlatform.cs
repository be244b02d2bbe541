using ButlerRpc.Platform;
using ButlerRpc.Transport;

namespace ButlerRpc.Benchmarks.Load.Measuring;

/// <summary>The real platform, whose timers count how often they fire.</summary>
sealed class CountingPlatform : ButlerPlatform
{
    readonly CountingTime _time = new();

    public long Ticks => _time.Ticks;

    public override TimeProvider Time => _time;

    public override long Milliseconds => StandardPlatform.Shared.Milliseconds;

    public override ButlerScheduler Scheduler => StandardPlatform.Shared.Scheduler;

    public override ButlerRandom Random => StandardPlatform.Shared.Random;

    public override INameResolver Names => StandardPlatform.Shared.Names;

    public override IReadOnlyList<ITransport> Transports => StandardPlatform.Shared.Transports;

    sealed class CountingTime : TimeProvider
    {
        long _ticks;

        public long Ticks => Volatile.Read(ref _ticks);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(
            s =>
            {
                Interlocked.Increment(ref _ticks);
                callback(s);
            },
            state, dueTime, period);
    }
}
