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
    CancellationTokenSource? _closing;
    int _window = InboundStream.FirstItems;
    int _resumes;
    bool _waiting;
    bool _waitsForFlush;
    bool _wantsRoom;
    bool _largeOnItsWay;

    public uint Call { get; } = call;

    public uint Number { get; } = number;

    /// <summary>Nobody reads any more.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>An item has been written. Under the gate.</summary>
    public bool HasWritten { get; private set; }

    bool HasCredit => _creditItems > 0 && _creditBytes > 0 && !_largeOnItsWay;

    public override bool CanWrite => HasCredit && !IsClosed && session.HasRoom;

    public override ValueTask<bool> WaitAsync() => session.WaitFor(this, forFlush: false);

    public override int Window => Volatile.Read(ref _window);

    public override Platform.ButlerScheduler Scheduler => session.Host.Platform.Scheduler;

    public override CancellationToken Closed => session.TokenOf(this);

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
        HasWritten = true;
        _creditItems--;
        _creditBytes -= bytes;
        _largeOnItsWay = isLarge;
    }

    /// <summary>Credit has come. Under the gate; true: see <see cref="TakeWaiting"/>.</summary>
    public bool Grant(uint items, uint bytes)
    {
        _creditItems += items;
        _creditBytes += bytes;
        _window = (int)Math.Clamp(_creditItems, _window, ushort.MaxValue);
        return TakeWaiting();
    }

    /// <summary>The large request of its call is on its way. Under the gate.</summary>
    public void HoldBack() => _largeOnItsWay = true;

    /// <summary>The last chunk of a large item, or of the call's large request, has been handed over. Under the gate.</summary>
    public bool OnLargeSent()
    {
        _largeOnItsWay = false;
        return TakeWaiting();
    }

    /// <summary>There is room in the send queue. Under the gate; true: see <see cref="TakeWaiting"/>.</summary>
    public bool TakeRoom()
    {
        _wantsRoom = false;
        return TakeWaiting();
    }

    /// <summary>Begins to wait. Under the gate.</summary>
    public ValueTask<bool> BeginWait(bool forFlush)
    {
        Debug.Assert(!_waiting);
        if (IsClosed)
            return new ValueTask<bool>(false);
        if (forFlush ? !_largeOnItsWay : CanWrite)
            return new ValueTask<bool>(true);
        _wait.Reset();
        _waiting = true;
        _waitsForFlush = forFlush;
        AskForRoom();
        return new ValueTask<bool>(this, _wait.Version);
    }

    /// <summary>True, once, when somebody waits and need not any more: <see cref="Execute"/> is to be called where user code may run. Under the gate.</summary>
    public bool TakeWaiting()
    {
        if (!_waiting)
            return false;
        if (!(IsClosed || (_waitsForFlush ? !_largeOnItsWay : CanWrite)))
        {
            AskForRoom();
            return false;
        }

        _waiting = false;
        _resumes = 1;
        return true;
    }

    /// <summary>The token that fires when nobody reads any more. Under the gate.</summary>
    public CancellationToken MakeToken()
    {
        if (IsClosed)
            return new CancellationToken(canceled: true);
        return (_closing ??= new CancellationTokenSource()).Token;
    }

    public void Close()
    {
        if (session.CloseStream(this))
            session.Host.Platform.Scheduler.Queue(this);
    }

    /// <summary>Nobody reads any more. Under the gate; true: see <see cref="TakeWaiting"/>.</summary>
    public bool MarkClosed()
    {
        IsClosed = true;
        return TakeWaiting() | _closing is not null;
    }

    /// <summary>Its writer has written all. Under the gate.</summary>
    public void MarkComplete()
    {
        IsClosed = true;
        _closing = null;
    }

    /// <summary>Resumes whoever waits, and tells an enumeration that nobody reads any more.</summary>
    public void Execute()
    {
        // The two reasons may come together, each with an entry of its own.
        if (Interlocked.Exchange(ref _resumes, 0) != 0)
            _wait.SetResult(!IsClosed);
        if (IsClosed && Interlocked.Exchange(ref _closing, null) is { } closing)
            session.CancelEnumeration(closing, Number);
    }

    // Room is given to those who ask; a stream that has no credit anyway would be woken in vain.
    void AskForRoom()
    {
        if (_wantsRoom || _waitsForFlush || !HasCredit || IsClosed)
            return;
        _wantsRoom = true;
        session.WantRoom(this);
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);
}
