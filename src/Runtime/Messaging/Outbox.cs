using System.Buffers;
using ButlerRpc.Codec;
using ButlerRpc.Platform;
using ButlerRpc.Sessions;

namespace ButlerRpc.Messaging;

/// <summary>An encoded message on its way to the connection.</summary>
sealed class OutgoingBytes(byte[] bytes, int length, ButlerScheduler scheduler)
{
    /// <summary>Ends when the connection has taken it; fails when it has not.</summary>
    public Signal Taken { get; } = new(scheduler);

    /// <summary>The connection was given it: the peer can have it.</summary>
    public bool HandedOver { get; set; }

    /// <summary>Nobody wants it to be sent any more.</summary>
    public bool Withdrawn { get; set; }

    public int Length => length;

    public ReadOnlyMemory<byte> Memory => bytes.AsMemory(0, length);

    public void Release() => ArrayPool<byte>.Shared.Return(bytes);
}

/// <summary>
/// The messages of a session that its connection has not taken yet. At most so many; whoever has one more waits. What is there when a send begins leaves together.
/// All but <see cref="Room"/> is under the session's gate.
/// </summary>
sealed class Outbox(int most, ButlerScheduler scheduler)
{
    const int MostJoined = 64 * 1024;

    readonly Queue<OutgoingBytes> _queue = new();
    readonly List<OutgoingBytes> _leaving = [];
    readonly WriteBuffer _joined = new();
    bool _closed;

    /// <summary>Places for messages. Each message takes one and gives it back.</summary>
    public Turn Room { get; } = new(scheduler, most);

    /// <summary>The bytes that wait.</summary>
    public long Bytes { get; private set; }

    public void Add(OutgoingBytes message)
    {
        _queue.Enqueue(message);
        Bytes += message.Length;
    }

    /// <summary>Takes what leaves next, as one piece; null: nothing waits.</summary>
    public ReadOnlyMemory<byte>? Begin()
    {
        var length = 0;
        while (!_closed && _queue.TryPeek(out var next) && (_leaving.Count == 0 || length + next.Length <= MostJoined))
        {
            _queue.Dequeue();
            Bytes -= next.Length;
            if (next.Withdrawn)
            {
                next.Release();
                Room.Release();
                continue;
            }

            next.HandedOver = true;
            length += next.Length;
            _leaving.Add(next);
        }

        if (_leaving.Count == 0)
            return null;
        if (_leaving.Count == 1)
            return _leaving[0].Memory;
        _joined.Reset(MostJoined);
        foreach (var message in _leaving)
            _joined.Write(message.Memory.Span);
        return _joined.WrittenMemory;
    }

    /// <summary>What <see cref="Begin"/> gave was sent; or was not, for this reason. Returns how many messages it was.</summary>
    public int End(Exception? failure)
    {
        var count = _leaving.Count;
        foreach (var message in _leaving)
        {
            message.Taken.Set(failure);
            message.Release();
            Room.Release();
        }

        _leaving.Clear();
        return count;
    }

    /// <summary>Nothing leaves any more. Returns how many messages were still waiting; each has failed.</summary>
    public int Close(Exception reason)
    {
        var unsent = 0;
        _closed = true;
        while (_queue.TryDequeue(out var message))
        {
            if (!message.Withdrawn)
                unsent++;
            message.Taken.Set(reason);
            message.Release();
            Room.Release();
        }

        Bytes = 0;
        return unsent;
    }
}
