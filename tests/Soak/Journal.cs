using System.IO.MemoryMappedFiles;

namespace ButlerRpc.Soak;

/// <summary>How often each call ran: memory that all processes of a run share, so that it is known of a process that was killed, too.</summary>
sealed unsafe class Journal : IDisposable
{
    public const long Calls = 1L << 28; // four bytes each, in a file that has only the pages that were written
    const int MayRepeat = 1 << 30;

    readonly MemoryMappedFile _file;
    readonly MemoryMappedViewAccessor _view;
    readonly int* _calls;

    Journal(MemoryMappedFile file)
    {
        _file = file;
        _view = file.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _calls = (int*)start;
    }

    public static Journal Open(string path) => new(MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, Calls * sizeof(int)));

    /// <summary>A handler of the call has been started.</summary>
    public void Ran(long id) => Interlocked.Increment(ref Of(id));

    /// <summary>The call may run more than once.</summary>
    public void Permit(long id) => Interlocked.Or(ref Of(id), MayRepeat);

    public int Runs(long id) => Volatile.Read(ref Of(id)) & ~MayRepeat;

    public bool RanTooOften(long id) => Volatile.Read(ref Of(id)) is > 1 and < MayRepeat;

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    ref int Of(long id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, Calls);
        return ref _calls[id];
    }
}
