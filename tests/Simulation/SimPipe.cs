namespace ButlerRpc.Testing;

/// <summary>How a pipe ends at a given byte.</summary>
public enum SimCut
{
    /// <summary>The reader sees the end of the stream.</summary>
    Fin,

    /// <summary>The reader sees a reset.</summary>
    Reset,
}

/// <summary>
/// One direction of a link. A send puts a segment on its way; a delivery, an event of its own, brings the oldest segment to the reader's side; a receive takes
/// what is there. Bytes keep their order whatever the order of events.
/// </summary>
public sealed class SimPipe
{
    readonly SimNetwork _network;
    readonly SimLink _link;
    readonly string _name;
    readonly Queue<byte[]> _onTheWay = []; // an empty segment is the end of the stream
    readonly MemoryStream _recorded = new();
    readonly List<int> _sendSizes = [];
    int _bytesOnTheWay;
    byte[] _arrived = [];
    int _arrivedStart;
    int _arrivedEnd;
    long _lastArrival;
    bool _stalled;
    int _owedDeliveries;
    bool _endArrived;
    bool _broken;
    bool _resetBehind; // a reset follows what is on its way
    bool _senderGone;
    bool _held;
    int _permits;
    (long At, SimCut Kind)? _cut;

    SimOperation? _receive;
    Memory<byte> _receiveBuffer;
    bool _receiveScheduled;
    SimOperation? _send;
    ReadOnlyMemory<byte> _sendBytes;
    byte[] _sendCopy = [];
    int _sendTaken;
    bool _sendScheduled;

    internal SimPipe(SimNetwork network, SimLink link, string name)
    {
        _network = network;
        _link = link;
        _name = name;
    }

    /// <summary>The sends begun.</summary>
    public int Sends => _sendSizes.Count;

    /// <summary>The bytes of each send.</summary>
    public IReadOnlyList<int> SendSizes => _sendSizes;

    /// <summary>The bytes sent in all.</summary>
    public long BytesSent { get; private set; }

    /// <summary>The bytes brought to the reader's side.</summary>
    public long BytesDelivered { get; private set; }

    /// <summary>The bytes that receives have given.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>The receives that gave bytes.</summary>
    public int Receives { get; private set; }

    /// <summary>How often the reader has asked for bytes, or for a sign that there are any.</summary>
    public int ReceivesAsked { get; private set; }

    /// <summary>True while a send waits.</summary>
    public bool HasPendingSend => _send is not null;

    /// <summary>True while a receive waits.</summary>
    public bool HasPendingReceive => _receive is not null;

    /// <summary>All bytes that were handed over to be sent, in order, whatever became of them; empty when the network does not record.</summary>
    public byte[] Recorded => _recorded.ToArray();

    /// <summary>True when the sender has closed its side.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>True when the reader has been told of the end and has read all.</summary>
    public bool IsAtEnd => _endArrived && _arrivedStart == _arrivedEnd;

    /// <summary>True when a receive would not have to wait for the sender.</summary>
    public bool HasArrived => _arrivedStart < _arrivedEnd || _endArrived || _broken;

    int Unread => _arrivedEnd - _arrivedStart + _bytesOnTheWay;

    /// <summary>Sends wait from now on, until <see cref="Release"/> or <see cref="Open"/>.</summary>
    public void Hold() => _held = true;

    /// <summary>Lets so many held sends through.</summary>
    public void Release(int sends = 1)
    {
        _permits += sends;
        PumpSend();
    }

    /// <summary>Lets all sends through again.</summary>
    public void Open()
    {
        _held = false;
        _permits = 0;
        PumpSend();
    }

    /// <summary>What is sent from now on stays on its way.</summary>
    public void Stall() => _stalled = true;

    /// <summary>What has stayed on its way arrives.</summary>
    public void Resume()
    {
        _stalled = false;
        for (; _owedDeliveries > 0; _owedDeliveries--)
            _network.Scheduler.Post(Deliver);
        if (_resetBehind && _onTheWay.Count == 0)
        {
            _resetBehind = false;
            Break();
        }
    }

    /// <summary>After exactly so many bytes the reader sees the end or a reset, and the sender a reset.</summary>
    public void CutAfter(long bytes, SimCut kind)
    {
        _cut = (bytes, kind);
        if (BytesDelivered == bytes)
            Cut();
    }

    internal ValueTask Send(ReadOnlyMemory<byte> bytes)
    {
        if (_send is not null)
            throw new InvalidOperationException("a send is pending already");
        _network.Scheduler.Note((ulong)bytes.Length);
        _sendSizes.Add(bytes.Length);
        BytesSent += bytes.Length;
        if (_network.Records)
            _recorded.Write(bytes.Span);
        if (_senderGone || IsEnded)
            return ValueTask.FromException(new IOException(IsEnded ? "the sending side is closed" : "the connection is broken"));
        _sendBytes = bytes;
        _sendTaken = 0;
        if (!_held && TakeFromSend() && _network.CompletesAtOnce())
        {
            _sendBytes = default;
            return default;
        }

        _sendCopy = bytes.ToArray();
        _send = new SimOperation();
        var pending = new ValueTask(_send, _send.Version);
        PumpSend();
        return pending;
    }

    internal void SendEnd()
    {
        if (IsEnded || _senderGone)
            return;
        IsEnded = true;
        Put([]);
    }

    internal ValueTask<int> Receive(Memory<byte> buffer)
    {
        if (_receive is not null)
            throw new InvalidOperationException("a receive is pending already");
        ReceivesAsked++;
        if ((_arrivedStart < _arrivedEnd || _endArrived) && _network.CompletesAtOnce())
            return new ValueTask<int>(TakeArrived(buffer));
        if (_broken && _arrivedStart == _arrivedEnd && !_endArrived && _network.CompletesAtOnce())
            return ValueTask.FromException<int>(Reset());
        _receive = new SimOperation();
        _receiveBuffer = buffer;
        var pending = new ValueTask<int>(_receive, _receive.Version);
        PumpReceive();
        return pending;
    }

    // The sender is gone: what is on its way may be lost, and the reader gets a reset.
    internal void AbortBySender()
    {
        _senderGone = true;
        FailSend();
        if (_onTheWay.Count > 0 && _network.Random.Chance(_network.AbortLoses))
            LoseWhatIsOnTheWay();
        Break(afterDelivery: true);
    }

    // The reader is gone: its receive fails at once, the sender learns of it later.
    internal void AbortByReceiver()
    {
        _broken = true;
        _arrivedStart = _arrivedEnd = 0;
        _endArrived = false;
        LoseWhatIsOnTheWay();
        FailReceive();
        _network.Scheduler.Post(() =>
        {
            if (_stalled)
                return;
            _senderGone = true;
            FailSend();
        });
    }

    internal void Break(bool afterDelivery = false)
    {
        if (_stalled || (afterDelivery && _onTheWay.Count > 0))
        {
            _resetBehind = true;
            return;
        }

        _network.Scheduler.Post(() =>
        {
            _broken = true;
            _senderGone = true;
            FailSend();
            PumpReceive();
        });
    }

    void Cut()
    {
        if (_cut is not { } cut)
            return;
        _cut = null;
        LoseWhatIsOnTheWay();
        if (cut.Kind == SimCut.Fin)
            _endArrived = true;
        else
            _broken = true;
        _senderGone = true;
        _network.Scheduler.Post(FailSend);
        PumpReceive();
        (_link.ToServer == this ? _link.ToClient : _link.ToServer).Break();
    }

    void LoseWhatIsOnTheWay()
    {
        _onTheWay.Clear();
        _bytesOnTheWay = 0;
    }

    // Takes as much of the pending send as there is room for; true: all of it.
    bool TakeFromSend()
    {
        var room = _network.BufferBytes - Unread;
        var taken = Math.Min(room, _sendBytes.Length - _sendTaken);
        if (taken > 0)
        {
            Put(_sendBytes.Slice(_sendTaken, taken).ToArray());
            _sendTaken += taken;
        }

        return _sendTaken == _sendBytes.Length;
    }

    void PumpSend()
    {
        if (_send is null || _sendScheduled || (_held && _permits == 0 && _sendTaken == 0))
            return;
        if (_held && _sendTaken == 0)
            _permits--;
        if (!TakeFromSend())
            return;
        _sendScheduled = true;
        _network.Scheduler.Post(CompleteSend);
    }

    void CompleteSend()
    {
        _sendScheduled = false;
        if (_send is not { } send)
            return;
        if (!_sendBytes.Span.SequenceEqual(_sendCopy))
            _network.Scheduler.Fail(new SimulationException($"{this}: the sender changed bytes that belonged to the transport"));
        _send = null;
        _sendBytes = default;
        send.Complete(0);
    }

    void FailSend()
    {
        if (_send is not { } send)
            return;
        _send = null;
        _sendBytes = default;
        send.Fail(new IOException("the connection was reset by the peer (simulated)"));
    }

    void Put(byte[] segment)
    {
        if (_broken)
            return;
        _onTheWay.Enqueue(segment);
        _bytesOnTheWay += segment.Length;
        if (_network.LatencyMax == TimeSpan.Zero)
        {
            _network.Scheduler.Post(Deliver);
            return;
        }

        var spread = (_network.LatencyMax - _network.LatencyMin).Ticks;
        var due = _network.Time.GetTimestamp() + _network.LatencyMin.Ticks + (long)(_network.Random.NextDouble() * spread);
        _lastArrival = Math.Max(due, _lastArrival);
        var timer = default(ITimer);
        timer = _network.Time.CreateTimer(
            _ =>
            {
                timer?.Dispose();
                Deliver();
            },
            null, TimeSpan.FromTicks(_lastArrival - _network.Time.GetTimestamp()), Timeout.InfiniteTimeSpan);
    }

    // Brings the oldest segment on its way to the reader's side.
    void Deliver()
    {
        if (_stalled)
        {
            _owedDeliveries++;
            return;
        }

        if (!_onTheWay.TryDequeue(out var segment) || _broken)
            return;
        _bytesOnTheWay -= segment.Length;
        if (segment.Length == 0)
            _endArrived = true;
        var cut = _cut is { } at && BytesDelivered + segment.Length >= at.At;
        var taken = cut ? (int)(_cut!.Value.At - BytesDelivered) : segment.Length;
        Append(segment.AsSpan(0, taken));
        BytesDelivered += taken;
        if (cut)
            Cut();
        if (_resetBehind && _onTheWay.Count == 0)
        {
            _resetBehind = false;
            Break();
        }

        PumpReceive();
    }

    void Append(ReadOnlySpan<byte> bytes)
    {
        if (_arrivedEnd + bytes.Length > _arrived.Length)
        {
            var larger = new byte[Math.Max(256, (_arrivedEnd - _arrivedStart + bytes.Length) * 2)];
            _arrived.AsSpan(_arrivedStart, _arrivedEnd - _arrivedStart).CopyTo(larger);
            (_arrived, _arrivedEnd, _arrivedStart) = (larger, _arrivedEnd - _arrivedStart, 0);
        }

        bytes.CopyTo(_arrived.AsSpan(_arrivedEnd));
        _arrivedEnd += bytes.Length;
    }

    void PumpReceive()
    {
        if (_receive is null || _receiveScheduled || (_arrivedStart == _arrivedEnd && !_endArrived && !_broken))
            return;
        _receiveScheduled = true;
        _network.Scheduler.Post(CompleteReceive);
    }

    void CompleteReceive()
    {
        _receiveScheduled = false;
        if (_receive is not { } receive)
            return;
        if (_arrivedStart == _arrivedEnd && !_endArrived)
        {
            FailReceive();
            return;
        }

        var taken = TakeArrived(_receiveBuffer);
        _receive = null;
        _receiveBuffer = default;
        receive.Complete(taken); // last: the next receive may begin inside
    }

    void FailReceive()
    {
        if (_receive is not { } receive)
            return;
        _receive = null;
        _receiveBuffer = default;
        receive.Fail(Reset());
    }

    int TakeArrived(Memory<byte> buffer)
    {
        var most = Math.Min(buffer.Length, _arrivedEnd - _arrivedStart);
        if (most == 0)
            return 0; // readable, or the end
        var taken = _network.Chunks switch
        {
            SimChunks.Whole => most,
            SimChunks.SingleBytes => 1,
            _ => 1 + _network.Random.Next(most),
        };
        _arrived.AsSpan(_arrivedStart, taken).CopyTo(buffer.Span);
        _arrivedStart += taken;
        BytesReceived += taken;
        Receives++;
        _network.Scheduler.Note((ulong)taken);
        PumpSend();
        return taken;
    }

    static IOException Reset() => new("the connection was reset by the peer (simulated)");

    /// <inheritdoc/>
    public override string ToString() =>
        $"{_name} {BytesSent} B sent, {BytesReceived} received, {_bytesOnTheWay} on their way, {_arrivedEnd - _arrivedStart} unread" +
        (_send is null ? "" : _held ? ", a send is held" : ", a send waits") + (_receive is null ? "" : ", a receive waits") +
        (_stalled ? ", stalled" : "") + (_broken ? ", broken" : "") + (IsEnded ? ", ended" : "");
}
