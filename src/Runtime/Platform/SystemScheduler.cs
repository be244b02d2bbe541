#pragma warning disable RS0030 // This is the production half of the platform: the one place where banned things are used.
namespace ButlerRpc.Platform;

/// <summary>The thread pool, global queue first: fairness between sessions counts more than locality.</summary>
sealed class SystemScheduler : ButlerScheduler
{
    public static readonly SystemScheduler Instance = new();

    public override bool IsCurrent =>
        SynchronizationContext.Current is null && TaskScheduler.Current == TaskScheduler.Default && Thread.CurrentThread.IsThreadPoolThread;

    public override bool HasQueued => ThreadPool.PendingWorkItemCount > 0;

    public override void Queue(IThreadPoolWorkItem item) => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
}
