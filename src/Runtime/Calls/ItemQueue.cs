using System.Buffers.Binary;
using System.Diagnostics;
using System.Threading.Tasks.Sources;
using ButlerRpc.Codec;

namespace ButlerRpc.Calls;

/// <summary>Who carries a stream and gives its writer credit.</summary>
public interface IItemCredit
{
    /// <summary>The reader has taken items off the queue.</summary>
    void OnConsumed(int items, int bytes);

    /// <summary>The reader wants no more of this stream.</summary>
    void OnReaderGone();

    /// <summary>Calls <see cref="ItemQueue.Wake"/> from where user code may run.</summary>
    internal void Resume(ItemQueue queue) => queue.Wake();
}

/// <summary>
/// The encoded items of one stream between the read loop that brings them and the one reader that decodes them: two buffers that change places, no object
/// per item. It holds at most what its writer was given credit for.
/// </summary>
public sealed class ItemQueue : IValueTaskSource<bool>, IThreadPoolWorkItem
{
    const int KeepAtMost = 65_536;

    readonly Lock _gate = new();
    ManualResetValueTaskSourceCore<bool> _wait;
    WriteBuffer _incoming = new();
    WriteBuffer _current = new();
    int _read;
    bool _waiting;
    bool _ended;
    bool _stopped;
    bool _hasStarved;
    volatile bool _isCut;
    Exception? _failure;
    IItemCredit? _credit;

    /// <summary>The token of the present wait.</summary>
    internal short WaitVersion => _wait.Version;

    /// <summary>True while items wait for the reader.</summary>
    internal bool HasItems
    {
        get
        {
            lock (_gate)
                return _incoming.WrittenCount > 0 || Volatile.Read(ref _read) < _current.WrittenCount;
        }
    }

    /// <summary>True when the reader, having read something, has had to wait for more since this was asked last: more credit might have helped.</summary>
    internal bool TakeHasStarved()
    {
        lock (_gate)
        {
            var starved = _hasStarved;
            _hasStarved = false;
            return starved;
        }
    }

    /// <summary>Who gives credit for it, once it is carried.</summary>
    public void Attach(IItemCredit credit)
    {
        bool gone;
        lock (_gate)
        {
            _credit = credit;
            gone = _stopped;
        }

        if (gone)
            credit.OnReaderGone();
    }

    /// <summary>Adds an item. True: the reader waits, and <see cref="Wake"/> is to be called from where user code may run.</summary>
    public bool Append(ReadOnlySpan<byte> item)
    {
        lock (_gate)
        {
            if (_stopped || _ended)
                return false;
            BinaryPrimitives.WriteInt32LittleEndian(_incoming.GetSpan(4), item.Length);
            _incoming.Advance(4);
            _incoming.Write(item);
            return TakeWaiting();
        }
    }

    /// <summary>No more items come; the reader ends when it has taken those that have, with the failure if there is one. True: see <see cref="Append"/>.</summary>
    public bool End(Exception? failure)
    {
        lock (_gate)
        {
            if (_ended)
                return false;
            _ended = true;
            _failure = failure;
            return TakeWaiting();
        }
    }

    /// <summary>Like <see cref="End"/>, but at once: items that are still queued are dropped.</summary>
    public bool Cut(Exception failure)
    {
        lock (_gate)
            return TryCut(failure) && TakeWaiting();
    }

    /// <summary>The reader's own token has fired: as <see cref="Cut"/>, and the writer is told. May be called from anywhere.</summary>
    internal void Cancel(Exception failure)
    {
        IItemCredit? credit;
        bool waiting, wasOpen;
        lock (_gate)
        {
            wasOpen = !_ended;
            if (!TryCut(failure))
                return;
            waiting = TakeWaiting();
            credit = _credit;
        }

        if (wasOpen)
            credit?.OnReaderGone();
        if (!waiting)
            return;
        if (credit is null)
            Wake();
        else
            credit.Resume(this);
    }

    /// <summary>Resumes the reader, on this thread.</summary>
    public void Wake() => _wait.SetResult(true);

    void IThreadPoolWorkItem.Execute() => Wake();

    /// <summary>Takes the next item, if there is one. Its bytes are valid until the next call.</summary>
    public bool TryRead(out ReadOnlySpan<byte> item)
    {
        if (_isCut || (_read == _current.WrittenCount && !TryTurn()))
        {
            item = default;
            return false;
        }

        var bytes = _current.WrittenSpan[_read..];
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        item = bytes.Slice(4, length);
        _read += 4 + length;
        _credit?.OnConsumed(1, length);
        return true;
    }

    /// <summary>Waits until there is something to read. False: the stream has ended.</summary>
    /// <exception cref="Exception">What the stream ended with.</exception>
    public ValueTask<bool> WaitAsync()
    {
        lock (_gate)
        {
            Debug.Assert(!_waiting);
            if (!_isCut && (_incoming.WrittenCount > 0 || _read < _current.WrittenCount))
                return new ValueTask<bool>(true);
            if (_ended)
                return _failure is { } failure ? ValueTask.FromException<bool>(failure) : new ValueTask<bool>(false);
            _wait.Reset();
            _waiting = true;
            _hasStarved |= _read > 0;
            return new ValueTask<bool>(this, _wait.Version);
        }
    }

    /// <summary>The reader has gone: what is queued is dropped, and the writer is told.</summary>
    public void Stop()
    {
        IItemCredit? credit;
        bool waiting;
        lock (_gate)
        {
            if (_stopped)
                return;
            _stopped = true;
            credit = _ended ? null : _credit;
            _ended = true;
            waiting = TakeWaiting();
            _incoming.Dispose();
        }

        credit?.OnReaderGone();
        if (waiting)
            Wake();
    }

    // False: its reader has gone, or has been told of another failure. Under the gate.
    bool TryCut(Exception failure)
    {
        if (_stopped || (_ended && _failure is not null))
            return false;
        _ended = true;
        _isCut = true;
        _failure = failure;
        _incoming.Dispose();
        return true;
    }

    bool TryTurn()
    {
        lock (_gate)
        {
            if (_incoming.WrittenCount == 0)
                return false;
            _current.Reset(KeepAtMost);
            (_incoming, _current) = (_current, _incoming);
            _read = 0;
            return true;
        }
    }

    bool TakeWaiting()
    {
        var waiting = _waiting;
        _waiting = false;
        return waiting;
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        _wait.GetResult(token);
        lock (_gate)
        {
            if (_incoming.WrittenCount > 0)
                return true;
            return _failure is null ? !_ended : throw _failure;
        }
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);
}
