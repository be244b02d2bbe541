using System.Buffers;
using ButlerRpc.Calls;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

/// <summary>
/// The credit of a stream that comes in. Every stream has 16 items and 16 KiB from the start; a reader that waits for its writer is raised, doubling, from a pool
/// of its session. One that the writer waits for is not: more credit would make it no faster, only its items older. So a stalled or slow reader costs its small
/// grant, never starves another, and of a stream that drops or conflates it sees what is at most that grant old.
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
    bool _ended;            // END has come; read loop only
    bool _inBody;           // between the first and the last part of a chunked item; read loop only
    Reassembly? _body;      // taken away by Close, which may come between two parts

    public InboundStream(Session session, uint call, uint number, ItemQueue queue)
    {
        _session = session;
        _call = call;
        _number = number;
        Queue = queue;
        queue.Attach(this);
    }

    public ItemQueue Queue { get; }

    /// <summary>Between the parts of a chunked item. On the read loop.</summary>
    public bool IsInBody => _inBody;

    /// <summary>Takes an item or a part of one, on the read loop. True: its reader waits to be woken.</summary>
    public bool Take(in FrameHeader header, ReadOnlySpan<byte> payload, Method method)
    {
        if (_ended)
            throw new ProtocolViolationException($"an item of stream {_number} behind its end");
        if (_inBody)
            return TakePart(in header, payload, method);
        payload = MessagePrefix.Read(header.Flags, payload, out var prefix);
        if (!header.More && prefix.Total is { } total && total != payload.Length)
            throw new ProtocolViolationException($"an item of {total} bytes has {payload.Length}");
        lock (_gate)
        {
            if (_closed)
            {
                _inBody = header.More;
                return false;
            }

            if (_creditItems <= 0 || _creditBytes <= 0)
                throw new ProtocolViolationException($"an item of stream {_number} without credit");
            _creditItems--;
            _creditBytes -= header.More ? prefix.Total!.Value : payload.Length;
            if (header.More)
            {
                _inBody = true;
                _body = _session.BeginReassembly(prefix);
                _body.Append(payload);
                return false;
            }
        }

        return Queue.Append(payload);
    }

    /// <summary>No more items come, says their sender. True: its reader waits to be woken.</summary>
    public bool TakeEnd()
    {
        if (_ended || _inBody)
            throw new ProtocolViolationException($"an end of stream {_number} {(_ended ? "behind its end" : "in the middle of an item")}");
        _ended = true;
        return Queue.End(null);
    }

    bool TakePart(in FrameHeader header, ReadOnlySpan<byte> part, Method method)
    {
        Reassembly body;
        lock (_gate)
        {
            _inBody = header.More;
            if (_closed)
                return false;
            body = _body!;
            body.Append(part);
            if (header.More)
                return false;
            _body = null;
        }

        var bytes = _session.EndReassembly(body);
        if (body.Skipped)
            return Queue.End(body.Refusal($"an item of {method.FullName}", ButlerCertainty.NotExecuted));
        var wakes = Queue.Append(bytes.AsSpan(0, body.Total));
        ArrayPool<byte>.Shared.Return(bytes);
        return wakes;
    }

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
            if ((moreItems > 0 || moreBytes > 0) && Queue.TakeHasStarved() && _session.TryRaise(moreBytes))
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

    public void Resume(ItemQueue queue) => _session.Host.Platform.Scheduler.Queue(queue);

    public void Close(Exception? failure)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            _session.Lower(_raisedBytes);
            if (_body is { } body)
            {
                _body = null;
                _session.ForgetReassembly(body);
                body.Drop();
            }
        }

        if (_number != 0 && Queue.End(failure))
            Resume(Queue);
    }
}
