using ButlerRpc.Platform;

namespace ButlerRpc.Sessions;

/// <summary>A connection that was taken over: first what had been received already, then what comes.</summary>
sealed class HijackedConnection(Connection connection, ButlerScheduler scheduler) : Connection
{
    readonly Lock _gate = new();
    readonly Queue<byte[]> _unread = new();
    readonly Signal _ready = new(scheduler);
    readonly Signal _loopEnded = new(scheduler);
    int _offset;
    byte[] _last = [];
    bool _readyWasSet;
    bool _ended;
    Exception? _failure;

    public Task Ready => _readyWasSet ? Task.CompletedTask : _ready.Task;

    public override string LocalAddress => connection.LocalAddress;

    public override string RemoteAddress => connection.RemoteAddress;

    public override string? RemoteHost => connection.RemoteHost;

    public override bool IsEncrypted => connection.IsEncrypted;

    public override bool IsLocal => connection.IsLocal;

    public void AddUnread(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        lock (_gate)
            _unread.Enqueue(bytes.ToArray());
    }

    public void SetReady()
    {
        lock (_gate)
        {
            _readyWasSet = true;
            if (_last.Length > 0)
                _unread.Enqueue(_last);
        }

        _ready.Set();
    }

    /// <summary>The connection broke while it was being handed over.</summary>
    public void Fail(Exception reason)
    {
        OnLoopEnded(default, goesOn: false, reason);
        SetReady();
    }

    /// <summary>The session's last receive is over, with what it brought.</summary>
    public void OnLoopEnded(ReadOnlySpan<byte> bytes, bool goesOn, Exception? failure)
    {
        lock (_gate)
        {
            // It comes last, behind what is handed over when the last batch has ended.
            if (!_readyWasSet)
                _last = bytes.ToArray();
            else if (!bytes.IsEmpty)
                _unread.Enqueue(bytes.ToArray());
            _failure = failure;
            _ended = !goesOn && failure is null;
        }

        _loopEnded.Set();
    }

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (TryTake(buffer.Span, out var count))
            return count;
        await _loopEnded.Task;
        if (TryTake(buffer.Span, out count))
            return count;
        if (_failure is not null)
            throw new IOException($"the connection is broken: {_failure.Message}", _failure);
        return _ended ? 0 : await connection.ReceiveAsync(buffer);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => connection.SendAsync(bytes);

    public override void CloseWrite() => connection.CloseWrite();

    public override void Abort() => connection.Abort();

    public override ValueTask DisposeAsync() => connection.DisposeAsync();

    bool TryTake(Span<byte> buffer, out int count)
    {
        lock (_gate)
        {
            count = 0;
            if (!_unread.TryPeek(out var next))
                return false;
            count = Math.Min(buffer.Length, next.Length - _offset);
            next.AsSpan(_offset, count).CopyTo(buffer);
            _offset += count;
            if (_offset == next.Length)
            {
                _unread.Dequeue();
                _offset = 0;
            }

            return true;
        }
    }
}
