using System.Runtime.CompilerServices;

namespace ButlerRpc.Platform;

/// <summary>Runs background work. The only way in which the library starts any.</summary>
public abstract class ButlerScheduler
{
    /// <summary>Runs <paramref name="item"/> soon, on no caller's thread and in no caller's context.</summary>
    public abstract void Queue(IThreadPoolWorkItem item);

    /// <summary>True when the current thread and context are such as <see cref="Queue"/> gives.</summary>
    public abstract bool IsCurrent { get; }

    /// <summary>True when work waits for a thread, so that whoever has one should not keep it for nothing.</summary>
    public virtual bool HasQueued => false;

    /// <summary>Starts a loop without the caller's ExecutionContext (else the first caller's Activity would live in it for ever) and SynchronizationContext.</summary>
    public void Start(Func<Task> loop) => Queue(new LoopStart(loop));

    /// <summary>
    /// Awaited as the first statement of a public async method: what follows runs without the caller's SynchronizationContext, so that a caller that
    /// blocks on a single-threaded context does not deadlock.
    /// </summary>
    public SwitchAwaitable SwitchTo() => new(this);

    sealed class LoopStart(Func<Task> loop) : IThreadPoolWorkItem
    {
        public void Execute() => _ = loop();
    }

    /// <summary>See <see cref="SwitchTo"/>.</summary>
    public readonly struct SwitchAwaitable(ButlerScheduler scheduler) : ICriticalNotifyCompletion
    {
        /// <summary>True when there is nothing to leave.</summary>
        public bool IsCompleted => scheduler.IsCurrent;

        /// <summary>Awaiter pattern.</summary>
        public SwitchAwaitable GetAwaiter() => this;

        /// <summary>Awaiter pattern.</summary>
        public void GetResult()
        {
        }

        /// <inheritdoc/>
        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        /// <inheritdoc/>
        public void UnsafeOnCompleted(Action continuation) => scheduler.Queue(new Continuation(continuation));
    }

    sealed class Continuation(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
