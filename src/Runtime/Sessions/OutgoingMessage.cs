using System.Buffers;
using System.Diagnostics;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

/// <summary>A message too large for one frame, on its way out: sent in chunks, others go in between. An ordered message behind a large one is sent like one, whatever its size.</summary>
sealed class OutgoingMessage(
    FrameKind kind, uint code, uint call, byte[] body, int count, long deadline, int slot, OutboundStream? stream = null, byte[]? metadata = null, byte[]? trace = null,
    IThreadPoolWorkItem? taken = null, bool isOrdered = false)
{
    int _sent;
    volatile bool _taken;

    public FrameKind Kind { get; } = kind;

    public uint Code { get; } = code;

    public uint Call { get; } = call;

    public int Count { get; } = count;

    /// <summary>The deadline of the request it carries, in the platform's milliseconds.</summary>
    public long Deadline { get; } = deadline;

    /// <summary>The slot of the request it carries; -1: it is none.</summary>
    public int Slot { get; } = slot;

    /// <summary>The stream it is an item of; null: it is none.</summary>
    public OutboundStream? Stream { get; } = stream;

    /// <summary>No other ordered message may begin before its last part has left.</summary>
    public bool IsOrdered { get; } = isOrdered;

    /// <summary>Its encoded metadata, which the first frame carries; null: none.</summary>
    public byte[]? Metadata { get; } = metadata;

    /// <summary>Its trace context, which the first frame carries; null: none.</summary>
    public byte[]? Trace { get; } = trace;

    /// <summary>The bytes in front of the first frame's part of the body.</summary>
    public int PrefixSize => 4 + (Deadline == long.MaxValue ? 0 : 4) + (Trace?.Length ?? 0) + (Metadata is null ? 0 : 2 + Metadata.Length);

    /// <summary>True once its first part goes to the transport: it will be sent to its end. Under the session's gate.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>Which request of the session it is, once it <see cref="HasLeft"/>: requests count in the order of their first frames.</summary>
    public uint Ordinal { get; private set; }

    /// <summary>True: nobody wants it any more, and it is never sent. Under the session's gate.</summary>
    public bool IsWithdrawn { get; private set; }

    /// <summary>Its first part goes to the transport. Under the session's gate.</summary>
    public void Leave(uint ordinal) => (HasLeft, Ordinal) = (true, ordinal);

    /// <summary>False: it <see cref="HasLeft"/>. Under the session's gate.</summary>
    public bool TryWithdraw() => IsWithdrawn = !HasLeft;

    /// <summary>True once its last part goes to the transport.</summary>
    public bool IsTaken => _taken;

    /// <summary>Its last part goes to the transport: what waits for that, if anything does. Under the session's gate.</summary>
    public IThreadPoolWorkItem? MarkTaken()
    {
        _taken = true;
        return taken;
    }

    public bool Begun => _sent > 0;

    public bool IsFinished => _sent == Count;

    public ReadOnlySpan<byte> Next(int most)
    {
        var part = body.AsSpan(_sent, Math.Min(most, Count - _sent));
        _sent += part.Length;
        return part;
    }

    /// <summary>
    /// The next part as a whole frame in the body itself, its header to be written over the end of the part before, which has left already: nothing is copied.
    /// Only once the message has begun.
    /// </summary>
    public Memory<byte> NextFrame(int header, int most)
    {
        Debug.Assert(_sent >= header);
        var frame = body.AsMemory(_sent - header, header + Math.Min(most, Count - _sent));
        _sent += frame.Length - header;
        return frame;
    }

    public int Left => Count - _sent;

    public void Release() => ArrayPool<byte>.Shared.Return(body);
}
