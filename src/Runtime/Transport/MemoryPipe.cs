using System.Buffers;
using System.Threading.Tasks.Sources;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>
/// One direction of a connection in memory. A ring of bounded size, rented while there is something in it: a send whose bytes do not fit waits for the
/// reader, and an idle pipe holds no memory. Bytes go straight into a receive that waits. Neither operation allocates.
/// </summary>
sealed class MemoryPipe(ButlerScheduler reader, ButlerScheduler writer)
{
    const int Capacity = 65_536;

    readonly Lock _gate = new();
    readonly Operation _receive = new(reader);
    readonly Operation _send = new(writer);
    byte[] _ring = [];
    int _start;
    int _count;
    Memory<byte> _receiveBuffer;
    ReadOnlyMemory<byte> _unsent;
    bool _receives;
    bool _sends;
    bool _ended;
    bool _broken;

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        lock (_gate)
        {
            if (_receives)
                throw new InvalidOperationException("one receive may be pending at a time");
            if (_broken)
                return ValueTask.FromException<int>(Broken());
            if (_count == 0 && !_ended)
            {
                _receives = true;
                _receiveBuffer = buffer;
                return _receive.Begin();
            }

            var taken = Take(buffer.Span);
            RefillFromSend();
            return new(taken);
        }
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            if (_sends)
                throw new InvalidOperationException("one send may be pending at a time");
            if (_broken || _ended)
                return ValueTask.FromException(Broken());
            if (bytes.Length > 0 && _receives)
                bytes = bytes[HandOver(bytes.Span)..];
            bytes = bytes[Put(bytes.Span)..];
            if (bytes.IsEmpty)
                return default;
            _sends = true;
            _unsent = bytes;
            return _send.BeginWithoutResult();
        }
    }

    /// <summary>Nothing more is sent; what was sent is still received.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (_ended || _broken)
                return;
            _ended = true;
            FailSend();
            if (_receives)
                EndReceive(0);
        }
    }

    /// <summary>Nothing gets through any more.</summary>
    public void Break()
    {
        lock (_gate)
        {
            if (_broken)
                return;
            _broken = true;
            _count = 0;
            ReleaseRing();
            FailSend();
            if (!_receives)
                return;
            _receives = false;
            _receiveBuffer = default;
            _receive.Fail(Broken());
        }
    }

    // Into the receive that waits; a receive without a buffer is only told that something is there.
    int HandOver(ReadOnlySpan<byte> bytes)
    {
        var part = bytes[..Math.Min(bytes.Length, _receiveBuffer.Length)];
        part.CopyTo(_receiveBuffer.Span);
        EndReceive(part.Length);
        return part.Length;
    }

    void EndReceive(int count)
    {
        _receives = false;
        _receiveBuffer = default;
        _receive.End(count);
    }

    void RefillFromSend()
    {
        if (!_sends)
            return;
        _unsent = _unsent[Put(_unsent.Span)..];
        if (!_unsent.IsEmpty)
            return;
        _sends = false;
        _unsent = default;
        _send.End(0);
    }

    void FailSend()
    {
        if (!_sends)
            return;
        _sends = false;
        _unsent = default;
        _send.Fail(Broken());
    }

    int Put(ReadOnlySpan<byte> bytes)
    {
        var put = Math.Min(bytes.Length, Capacity - _count);
        if (put == 0)
            return 0;
        if (_ring.Length == 0)
            _ring = ArrayPool<byte>.Shared.Rent(Capacity);
        var at = (_start + _count) % Capacity;
        var first = Math.Min(put, Capacity - at);
        bytes[..first].CopyTo(_ring.AsSpan(at));
        bytes[first..put].CopyTo(_ring);
        _count += put;
        return put;
    }

    int Take(Span<byte> buffer)
    {
        var taken = Math.Min(buffer.Length, _count);
        var first = Math.Min(taken, Capacity - _start);
        _ring.AsSpan(_start, first).CopyTo(buffer);
        _ring.AsSpan(0, taken - first).CopyTo(buffer[first..]);
        _start = (_start + taken) % Capacity;
        _count -= taken;
        if (_count == 0)
            ReleaseRing();
        return taken;
    }

    void ReleaseRing()
    {
        if (_ring.Length > 0)
            ArrayPool<byte>.Shared.Return(_ring);
        _ring = [];
        _start = 0;
    }

    static IOException Broken() => new("the connection was closed by the other end");

    /// <summary>A pending send or receive. It completes on the scheduler of the end that waits.</summary>
    sealed class Operation(ButlerScheduler scheduler) : IValueTaskSource<int>, IValueTaskSource, IThreadPoolWorkItem
    {
        ManualResetValueTaskSourceCore<int> _core;
        Exception? _failure;
        int _result;

        public ValueTask<int> Begin() => new(this, _core.Version);

        public ValueTask BeginWithoutResult() => new(this, _core.Version);

        public void End(int result)
        {
            _result = result;
            scheduler.Queue(this);
        }

        public void Fail(Exception failure)
        {
            _failure = failure;
            scheduler.Queue(this);
        }

        public void Execute()
        {
            if (_failure is { } failure)
            {
                _failure = null;
                _core.SetException(failure);
            }
            else
            {
                _core.SetResult(_result);
            }
        }

        public int GetResult(short token)
        {
            try
            {
                return _core.GetResult(token);
            }
            finally
            {
                if (token == _core.Version)
                    _core.Reset();
            }
        }

        void IValueTaskSource.GetResult(short token) => GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
