using System.Buffers.Binary;
using System.Diagnostics;

namespace ButlerRpc.Diagnostics;

/// <summary>Which span a call belongs to, as it stands on the wire: trace id, span id, flags. A value without strings, so that handing it on allocates nothing.</summary>
readonly record struct TraceContext(ulong TraceHigh, ulong TraceLow, ulong Span, byte Flags)
{
    /// <summary>The bytes it has on the wire.</summary>
    public const int Size = 25;

    const int TraceSize = 16;
    const int SpanSize = 8;

    /// <summary>False: no trace. Ids of zeros are none, wherever they come from.</summary>
    public bool IsPresent => Span != 0 && (TraceHigh | TraceLow) != 0;

    /// <summary>The context of an activity; none when its ids have another form than W3C's.</summary>
    public static TraceContext Of(Activity activity)
    {
        if (activity.IdFormat != ActivityIdFormat.W3C)
            return default;
        Span<byte> ids = stackalloc byte[Size];
        activity.TraceId.CopyTo(ids[..TraceSize]); // it fills as much as it is given
        activity.SpanId.CopyTo(ids.Slice(TraceSize, SpanSize));
        ids[Size - 1] = (byte)activity.ActivityTraceFlags;
        return Read(ids);
    }

    /// <summary>Reads what <see cref="Write"/> has written; nothing gives no context.</summary>
    public static TraceContext Read(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? default : new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), BinaryPrimitives.ReadUInt64BigEndian(bytes[TraceSize..]), bytes[Size - 1]);

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, TraceHigh);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], TraceLow);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[TraceSize..], Span);
        bytes[Size - 1] = Flags;
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>As the parent of a span that another process has begun.</summary>
    public ActivityContext ToRemoteParent()
    {
        if (!IsPresent)
            return default;
        Span<byte> ids = stackalloc byte[Size];
        Write(ids);
        return new ActivityContext(
            ActivityTraceId.CreateFromBytes(ids[..TraceSize]), ActivitySpanId.CreateFromBytes(ids.Slice(TraceSize, SpanSize)), (ActivityTraceFlags)Flags, isRemote: true);
    }
}
