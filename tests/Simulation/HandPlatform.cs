using ButlerRpc.Platform;
using ButlerRpc.Transport;

namespace ButlerRpc.Testing;

/// <summary>
/// Real sockets and threads with a clock that only the test moves, so that a limit of time is reached when the test says so and never because the machine is
/// busy; and a look at what the test waits for after each piece of work, for what no signal of its own tells.
/// </summary>
public sealed class HandPlatform : ButlerPlatform
{
    readonly Watched _scheduler = new();

    /// <summary>A platform whose clock stands.</summary>
    /// <param name="names">Who knows the addresses of hosts. Default: the system.</param>
    public HandPlatform(INameResolver? names = null)
    {
        Time = new VirtualTime { Armed = _scheduler.Look };
        Names = names ?? StandardPlatform.Shared.Names;
    }

    /// <summary>The clock.</summary>
    public override VirtualTime Time { get; }

    /// <inheritdoc/>
    public override long Milliseconds => Time.Milliseconds;

    /// <inheritdoc/>
    public override ButlerScheduler Scheduler => _scheduler;

    /// <inheritdoc/>
    public override ButlerRandom Random => StandardPlatform.Shared.Random;

    /// <inheritdoc/>
    public override INameResolver Names { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<ITransport> Transports => StandardPlatform.Shared.Transports;

    /// <summary>Ends when the condition is true; it is looked at after each piece of work of whoever uses the platform.</summary>
    public Task UntilAsync(Func<bool> condition) => _scheduler.Happenings.UntilAsync(condition);

    /// <summary>
    /// Lets time pass, from timer to timer, until the task has ended: whatever it waits for comes to its limit. Timers that are further away than
    /// <paramref name="reach"/> stay where they are.
    /// </summary>
    public async Task PassAsync(Task until, TimeSpan reach)
    {
        ArgumentNullException.ThrowIfNull(until);
        while (!until.IsCompleted)
        {
            if (Time.UntilNext is { } next && next <= reach)
                Time.Advance(next);
            else
                await Task.WhenAny(until, UntilAsync(() => until.IsCompleted || Time.UntilNext <= reach));
        }

        await until;
    }

    sealed class Watched : ButlerScheduler
    {
        readonly ButlerScheduler _inner = StandardPlatform.Shared.Scheduler;

        public Happenings Happenings { get; } = new();

        public override bool IsCurrent => _inner.IsCurrent;

        public override bool HasQueued => _inner.HasQueued;

        public override void Queue(IThreadPoolWorkItem item) => _inner.Queue(new Item(item, Happenings));

        // Not at once: whoever arms a timer may hold a lock that a condition takes.
        public void Look() => _inner.Queue(new Item(null, Happenings));
    }

    sealed class Item(IThreadPoolWorkItem? item, Happenings happenings) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            item?.Execute();
            happenings.Happened();
        }
    }
}
