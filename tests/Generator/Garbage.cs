namespace ButlerRpc.Generator.Tests;

static class Garbage
{
#pragma warning disable RS0030 // Only a test that fails waits for all of it.
    /// <summary>
    /// True once nothing holds an object any more. A compilation works on several threads, and what it has asked the pool for and no longer needs holds it until a
    /// thread has had a look at it, which takes a while beside other tests.
    /// </summary>
    public static bool Is(WeakReference reference) => SpinWait.SpinUntil(
        () =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return !reference.IsAlive;
        },
        TimeSpan.FromMinutes(1));
#pragma warning restore RS0030
}
