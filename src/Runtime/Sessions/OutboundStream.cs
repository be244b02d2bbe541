using System.Diagnostics;
using System.Threading.Tasks.Sources;
using ButlerRpc.Calls;
using ButlerRpc.Codec;

namespace ButlerRpc.Sessions;

/// <summary>The sending side of one stream: it writes while it has credit and the session has room, and waits otherwise. All state is under the session's gate.</summary>
sealed class OutboundStream(Session session, uint call, uint number) : ItemWriter, IValueTaskSource<bool>, IThreadPoolWorkItem
{
    ManualResetValueTaskSourceCore<bool> _wait;
    WriteBuffer? _scratch;
    long _creditItems = InboundStream.FirstItems;
    long _creditBytes = InboundStream.FirstBytes;
    bool _waiting;
    bool _waitsForFlush;
    bool _largeOnItsWay;

    public uint Call { get; } = call;

    public uint Number { get; } = number;

    /// <summary>Nobody reads any more.</summary>
    public bool IsClosed { get; private set; }

    bool HasCredit => _creditItems > 0 && _creditBytes > 0 && !_largeOnItsWay;

    public override bool CanWrite => HasCredit && !IsClosed && session.HasRoom;

    public override ValueTask<bool> WaitAsync() => session.WaitFor(this, forFlush: false);

    public override async ValueTask FlushAsync()
    {
        while (_largeOnItsWay && !IsClosed)
            await session.WaitFor(this, forFlush: true);
    }

    public override WriteBuffer BeginItem(bool inPlace) => inPlace ? session.BeginInPlace() : _scratch = Scratch.Rent(session.PeerMessageLimit);

    public override void EndItem()
    {
        if (_scratch is { } scratch)
        {
            _scratch = null;
            session.SendItem(this, scratch);
            Scratch.Return(scratch);
        }
        else
        {
            session.EndItemInPlace(this);
        }
    }

    public override void AbortItem()
    {
        if (_scratch is { } scratch)
        {
            _scratch = null;
            Scratch.Return(scratch);
        }
        else
        {
            session.AbortInPlace();
        }
    }

    public override void Complete() => session.SendEnd(this);

    /// <summary>An item has been written. Under the gate.</summary>
    public void Spend(int bytes, bool isLarge)
    {
        _creditItems--;
        _creditBytes -= bytes;
        _largeOnItsWay = isLarge;
    }

    /// <summary>Credit has come. Under the gate; true: see <see cref="TakeWaiting"/>.</summary>
    public bool Grant(uint items, uint bytes)
    {
        _creditItems += items;
        _creditBytes += bytes;
        return TakeWaiting();
    }

    /// <summary>The last chunk of a large item has been handed over. Under the gate.</summary>
    public bool OnLargeSent()
    {
        _largeOnItsWay = false;
        return TakeWaiting();
    }

    /// <summary>Begins to wait. Null: there is nothing to wait for. Under the gate.</summary>
    public ValueTask<bool>? BeginWait(bool forFlush)
    {
        Debug.Assert(!_waiting);
        if (IsClosed)
            return new ValueTask<bool>(false);
        if (forFlush ? !_largeOnItsWay : CanWrite)
            return new ValueTask<bool>(true);
        _wait.Reset();
        _waiting = true;
        _waitsForFlush = forFlush;
        return new ValueTask<bool>(this, _wait.Version);
    }

    /// <summary>True, once, when somebody waits and need not any more: <see cref="Execute"/> is to be called where user code may run. Under the gate.</summary>
    public bool TakeWaiting()
    {
        if (!_waiting || !(IsClosed || (_waitsForFlush ? !_largeOnItsWay : CanWrite)))
            return false;
        _waiting = false;
        return true;
    }

    /// <summary>Waits for room in the session's send queue, among other things.</summary>
    public bool IsWaiting => _waiting;

    public void Close()
    {
        if (session.CloseStream(this))
            session.Host.Platform.Scheduler.Queue(this);
    }

    /// <summary>Marks it closed. Under the gate; true: see <see cref="TakeWaiting"/>.</summary>
    public bool MarkClosed()
    {
        IsClosed = true;
        return TakeWaiting();
    }

    public void Execute() => _wait.SetResult(!IsClosed);

    bool IValueTaskSource<bool>.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);
}
