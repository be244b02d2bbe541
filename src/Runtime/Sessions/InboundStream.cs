using ButlerRpc.Calls;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

/// <summary>
/// The credit of a stream that comes in. Every stream has 16 items and 16 KiB from the start; a reader that consumes is raised, doubling, from a pool of its
/// session, so a stalled reader costs its small grant and never starves another.
/// </summary>
sealed class InboundStream : IItemCredit
{
    public const int FirstItems = 16;
    public const int FirstBytes = 16_384;

    readonly Session _session;
    readonly uint _call;
    readonly uint _number;
    readonly Lock _gate = new();
    int _windowItems = FirstItems;
    int _windowBytes = FirstBytes;
    int _raisedBytes;
    long _creditItems = FirstItems;
    long _creditBytes = FirstBytes;
    int _consumedItems;
    int _consumedBytes;
    bool _closed;
    Reassembly? _body;

    public InboundStream(Session session, uint call, uint number, ItemQueue queue)
    {
        _session = session;
        _call = call;
        _number = number;
        Queue = queue;
        queue.Attach(this);
    }

    public ItemQueue Queue { get; }

    /// <summary>The parts of a chunked item, which only the read loop fills.</summary>
    public Reassembly? Body => Volatile.Read(ref _body);

    /// <summary>Takes an item, on the read loop. True: its reader waits to be woken.</summary>
    public bool Append(ReadOnlySpan<byte> item)
    {
        lock (_gate)
        {
            if (_creditItems <= 0 || _creditBytes <= 0)
                throw new ProtocolViolationException($"an item of stream {_number} without credit");
            _creditItems--;
            _creditBytes -= item.Length;
        }

        return Queue.Append(item);
    }

    public void BeginBody(Reassembly body) => Volatile.Write(ref _body, body);

    /// <summary>The last part has come. False: the stream was closed in between.</summary>
    public bool EndBody() => Interlocked.Exchange(ref _body, null) is not null;

    public void OnConsumed(int items, int bytes)
    {
        int grantItems, grantBytes;
        lock (_gate)
        {
            _consumedItems += items;
            _consumedBytes += bytes;
            if (_closed || (_consumedItems * 2 < _windowItems && _consumedBytes * 2 < _windowBytes))
                return;
            (grantItems, grantBytes) = (_consumedItems, _consumedBytes);
            _consumedItems = _consumedBytes = 0;
            var limits = _session.Host.Limits;
            var moreItems = Math.Min(_windowItems, limits.StreamItems - _windowItems);
            var moreBytes = Math.Min(_windowBytes, limits.StreamBytes - _windowBytes);
            if ((moreItems > 0 || moreBytes > 0) && _session.TryRaise(moreBytes))
            {
                _windowItems += moreItems;
                _windowBytes += moreBytes;
                _raisedBytes += moreBytes;
                grantItems += moreItems;
                grantBytes += moreBytes;
            }

            _creditItems += grantItems;
            _creditBytes += grantBytes;
        }

        _session.SendCredit(_call, _number, (uint)grantItems, (uint)grantBytes);
    }

    public void OnReaderGone()
    {
        lock (_gate)
        {
            if (_closed)
                return;
        }

        // The result stream's reader ends the whole call; a parameter's reader ends its stream only.
        if (_number != 0)
            _session.SendStop(_call, _number);
    }

    public void Close(Exception? failure)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            _session.Lower(_raisedBytes);
        }

        // The read loop may be filling it: its memory is left to the collector, its place in the window is given back.
        if (Interlocked.Exchange(ref _body, null) is { } body)
            _session.ForgetReassembly(body);
        if (_number != 0 && Queue.End(failure))
            _session.Host.Platform.Scheduler.Queue(Queue);
    }
}
