using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using ButlerRpc.Calls;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

enum BatchEntryKind : byte
{
    /// <summary>The target is a ClientCall; the bytes are its reply.</summary>
    Reply,

    /// <summary>The target is a ClientCall; the bytes are an error of the status in <see cref="BatchEntry.Code"/>.</summary>
    Error,

    /// <summary>The target is an InboundCall; the bytes are its request.</summary>
    Request,

    /// <summary>The target is an InboundCall, to be cancelled if it still serves the call in <see cref="BatchEntry.Code"/>.</summary>
    Cancel,

    /// <summary>The target is an IThreadPoolWorkItem: somebody who waited for a stream.</summary>
    Work,
}

struct BatchEntry
{
    public object Target;

    /// <summary>Null: the batch's buffer.</summary>
    public byte[]? Bytes;

    public int Offset;
    public int Length;
    public uint Code;
    public BatchEntryKind Kind;

    /// <summary>The bytes are the entry's own and go back to the pool with it.</summary>
    public bool Owns;
}

/// <summary>
/// What one receive brought: independent entries of user code, run off the read loop with the session's flush held back until the end.
/// <para>
/// Entries are claimed by an interlocked index, so a second thread can join at any time and go on behind an entry that blocks; it is sent for only when
/// the batch has not got on between two looks (<see cref="BatchWatch"/>), because sending one always costs 30 to 40 %. Measured against one pool item per
/// call, a batch gives 0.7–0.9 of running everything on the read loop instead of 0.35–0.45.
/// </para>
/// </summary>
sealed class Batch : IThreadPoolWorkItem
{
    const int SplitFrom = 128;
    const int SampleOneIn = 64;
    const int Few = 16;

    static readonly ObjectPool<Batch> Spare = new();

    [ThreadStatic]
    static Batch? t_running;

    readonly BatchEntry[] _few = new BatchEntry[Few];
    BatchEntry[] _entries; // those of the pool where few are not enough: a session keeps no room for the most it has ever had
    int _usual;
    int _count;
    int _next;
    int _workers;
    int _lastLook;
    byte[]? _buffer; // null: its entries have bytes of their own
    long _now;
    int _splitAt;
    int _served; // by all that were rented as this one
    volatile bool _stuck;

    /// <summary>For the pool; see <see cref="Rent"/>.</summary>
    public Batch() => _entries = _few;

    public Session Session { get; private set; } = null!;

    public int Count => _count;

    internal Batch? NextOpen { get; set; }

    internal Batch? PreviousOpen { get; set; }

    /// <summary>The watch has looked at it before.</summary>
    internal bool WasSeen { get; set; }

    /// <summary>True while this thread runs entries of the session, and what they send may wait for the end of the batch.</summary>
    public static bool HoldsFlushOf(Session session) => t_running is { _stuck: false } batch && ReferenceEquals(batch.Session, session);

    /// <summary>For a session that has none of its own left, which happens where threads are held back: a session keeps room for a few only.</summary>
    public static Batch Rent(Session session)
    {
        var batch = Spare.Rent();
        batch.Session = session;
        return batch;
    }

    /// <summary>Takes it back from a session that has enough of them.</summary>
    public void Return()
    {
        Session = null!;
        Spare.Return(this);
    }

    public void Add(IThreadPoolWorkItem work) => Add(new BatchEntry { Target = work, Kind = BatchEntryKind.Work });

    public void Add(in BatchEntry entry)
    {
        if (_count == _entries.Length)
            Grow();
        _entries[_count++] = entry;
    }

    /// <summary>Adds an entry whose bytes are in the batch's buffer; in its place, field by field, since copying it in costs two write barriers more.</summary>
    public void Add(object target, BatchEntryKind kind, int offset, int length)
    {
        if (_count == _entries.Length)
            Grow();
        ref var entry = ref _entries[_count++];
        entry.Target = target;
        entry.Bytes = null;
        entry.Offset = offset;
        entry.Length = length;
        entry.Kind = kind;
        entry.Owns = false;
    }

    void Grow()
    {
        var larger = ArrayPool<BatchEntry>.Shared.Rent(Math.Max(_count * 2, _usual));
        _entries.AsSpan(0, _count).CopyTo(larger);
        if (_entries != _few)
            ArrayPool<BatchEntry>.Shared.Return(_entries, clearArray: true);
        _entries = larger;
    }

    /// <summary>Takes the first entry out that is to run apart: a large message, which has bytes of its own, or a call of a method that holds its thread. False: there is none.</summary>
    public bool TryTakeApart(out BatchEntry entry)
    {
        for (var index = 0; index < _count; index++)
        {
            entry = _entries[index];
            if (!entry.Owns && entry is not { Kind: BatchEntryKind.Request, Target: InboundCall { RunsApart: true } })
                continue;
            _entries.AsSpan(index + 1, _count - index - 1).CopyTo(_entries.AsSpan(index));
            _entries[--_count] = default;
            return true;
        }

        entry = default;
        return false;
    }

    /// <summary>Makes it ready to run. The buffer, in which entries have their bytes, is its own from here on; null: they have bytes of their own.</summary>
    public void Seal(byte[]? buffer, long now)
    {
        _buffer = buffer;
        _now = now;
        _next = 0;
        _lastLook = 0;
        _stuck = false;
        WasSeen = false;
        _workers = 1;
        _splitAt = IsWorthSplitting ? _count / 2 : int.MaxValue;
        Session.OnBatchSealed();
        Session.Host.Batches.Open(this);
    }

    /// <summary>True once a look has found that it does not get on: what its entries send is sent at once from then on, which alone frees an entry that waits for its own call.</summary>
    public bool IsStuck => _stuck;

    /// <summary>
    /// One look by the watch: true when nothing has moved since the last. It also sets the batch's clock, by which deadlines are
    /// judged before handlers start: a batch lives for microseconds, and reading the clock for each entry costs 9 ns.
    /// </summary>
    public bool LooksStuck(long now)
    {
        Volatile.Write(ref _now, now);
        var next = Volatile.Read(ref _next);
        if (next != _lastLook)
        {
            _lastLook = next;
            return false;
        }

        _stuck = true;
        for (var index = Math.Min(next, _count) - 1; index >= 0; index--)
        {
            if (Volatile.Read(ref _entries[index].Target) is InboundCall call)
                call.Handler?.ObserveHolding();
        }

        return true;
    }

    /// <summary>Makes room for one more worker, whom the caller sends. False: there is nothing left to do, or the last one has gone to close the batch.</summary>
    public bool TryJoin()
    {
        if (Volatile.Read(ref _next) >= _count)
            return false;
        var workers = Volatile.Read(ref _workers);
        while (workers > 0)
        {
            var seen = Interlocked.CompareExchange(ref _workers, workers + 1, workers);
            if (seen == workers)
                return true;
            workers = seen;
        }

        return false;
    }

    public void Execute()
    {
        var outer = t_running;
        t_running = this;
        var execution = ExecutionContext.Capture();
        var context = SynchronizationContext.Current;
        int index;
        while ((index = Interlocked.Increment(ref _next) - 1) < _count)
        {
            if (index == _splitAt)
                Session.FlushHeld();
            Run(ref _entries[index]);

            // A handler that is not async leaves its AsyncLocals and its context to whoever runs next on this thread (seen in the lab).
            if (execution is not null && !ReferenceEquals(ExecutionContext.Capture(), execution))
                ExecutionContext.Restore(execution);
            if (!ReferenceEquals(SynchronizationContext.Current, context))
                SynchronizationContext.SetSynchronizationContext(context);
        }

        t_running = outer;
        var session = Session;
        if (Interlocked.Decrement(ref _workers) == 0)
            Close();
        session.FlushHeld();
    }

    // With all callers in one batch, client and server take turns and one of them is always idle. Two halves keep both busy: 3.8 instead of 2.6 million
    // calls/s with 256 callers. Small batches are not worth a second send.
    bool IsWorthSplitting => _count >= SplitFrom && _entries[0].Kind == BatchEntryKind.Reply && Session.InFlight * 2 < _count;

    void Run(ref BatchEntry entry)
    {
        var source = entry.Bytes ?? _buffer!;
        var bytes = source.AsSpan(entry.Offset, entry.Length);
        switch (entry.Kind)
        {
            case BatchEntryKind.Reply:
                Debug.Assert(entry.Target is ClientCall);
                Unsafe.As<ClientCall>(entry.Target).Complete(bytes); // a checked cast to a base class is a call
                break;
            case BatchEntryKind.Error:
                FailWithError((ClientCall)entry.Target, entry.Code, bytes);
                break;
            case BatchEntryKind.Request:
                if (++_served % SampleOneIn == 0)
                    ServeTimed((InboundCall)entry.Target, source, entry.Offset, entry.Length);
                else
                    ((InboundCall)entry.Target).Serve(source, entry.Offset, entry.Length, Volatile.Read(ref _now));
                break;
            case BatchEntryKind.Cancel:
                ((InboundCall)entry.Target).Cancel(entry.Code);
                break;
            case BatchEntryKind.Work:
                ((IThreadPoolWorkItem)entry.Target).Execute();
                break;
        }

        if (entry.Owns)
            ArrayPool<byte>.Shared.Return(source);
        entry.Target = null!;
        entry.Bytes = null;
    }

    void ServeTimed(InboundCall call, byte[] source, int offset, int length)
    {
        var (handler, time) = (call.Handler, Session.Host.Platform.Time); // the call may serve the next by then
        var begun = time.GetTimestamp();
        call.Serve(source, offset, length, Volatile.Read(ref _now));
        handler.Observe(time.GetElapsedTime(begun));
    }

    static void FailWithError(ClientCall call, uint status, ReadOnlySpan<byte> payload) => call.FailUnlessMoved(Errors.Decode(status, payload, call.Method));

    void Close()
    {
        Debug.Assert(_next >= _count);
        var session = Session;
        session.Host.Batches.Close(this);
        if (_buffer is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
        _buffer = null;
        _usual = _count;
        _count = 0;
        if (_entries != _few)
            ArrayPool<BatchEntry>.Shared.Return(_entries); // each was cleared when it had run
        _entries = _few;
        session.ReturnBatch(this);
        session.OnBatchClosed();
    }
}
