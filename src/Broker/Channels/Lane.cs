using ButlerRpc.Framing;
using ButlerRpc.Sessions;

namespace ButlerRpc.Broker.Channels;

/// <summary>
/// One direction of one call. Order within a call is kept: what comes while a large message is on its way, or while the call has no provider yet, waits here.
/// Guarded by the channel's gate.
/// </summary>
struct Lane
{
    List<(FrameKind Kind, uint Code, Reassembly Body, FrameFlags Flags, long Deadline, byte[]? Trace)>? _assemblies;
    Queue<HeldParcel>? _waiting;

    /// <summary>True: what comes has to wait.</summary>
    public bool IsBlocked { get; set; }

    public void Hold(in Parcel parcel) => (_waiting ??= new()).Enqueue(parcel.Hold());

    public bool TryTake(out HeldParcel parcel)
    {
        if (_waiting is { Count: > 0 } waiting)
        {
            parcel = waiting.Dequeue();
            return true;
        }

        parcel = null!;
        return false;
    }

    /// <summary>
    /// Takes a frame of a message that comes in several. True, with the whole message, when that was its last; <paramref name="refusal"/>: it could not be
    /// taken, and this is why.
    /// </summary>
    public bool TryAssemble(Session session, scoped in FrameHeader header, scoped ReadOnlySpan<byte> payload, long now, out Parcel whole, out ButlerException? refusal)
    {
        whole = default;
        refusal = null;
        var index = IndexOf(in header);
        if (index < 0)
        {
            var body = MessagePrefix.Read(header.Flags, payload, out var prefix);
            var begun = session.BeginReassembly(in prefix);
            begun.Append(body);
            (_assemblies ??= []).Add((
                header.Kind, header.Code, begun, header.Flags & ~(FrameFlags.More | FrameFlags.Total),
                prefix.DeadlineMilliseconds is { } left ? now + left : long.MaxValue, prefix.Trace.IsEmpty ? null : prefix.Trace.ToArray()));
            return false;
        }

        var (kind, code, assembly, flags, deadline, trace) = _assemblies![index];
        if ((header.Flags & ~FrameFlags.More) != 0)
            throw new ProtocolViolationException("a prefix in the middle of a message");
        assembly.Append(payload);
        if (header.More)
            return false;
        _assemblies.RemoveAt(index);
        var bytes = session.EndReassembly(assembly);
        if (assembly.Skipped)
            refusal = Refusal(assembly, kind);
        whole = new Parcel
        {
            Kind = kind, Code = code, Flags = flags, Deadline = deadline,
            Large = assembly.Skipped ? null : new LargeBody(bytes, assembly.Total, trace, assembly.Metadata),
        };
        return true;
    }

    static ButlerException Refusal(Reassembly assembly, FrameKind kind) => kind switch
    {
        FrameKind.Request => assembly.Refusal("the request", ButlerCertainty.NotExecuted),
        FrameKind.Reply => assembly.Refusal("the reply", ButlerCertainty.Executed),
        _ => assembly.Refusal("a part of the call", ButlerCertainty.Unknown),
    };

    /// <summary>True when the frame belongs to a message that comes in several, as its first or a later one.</summary>
    public readonly bool IsPart(in FrameHeader header) => header.More || IndexOf(in header) >= 0;

    /// <summary>The call has ended: nothing of it goes on. Returns the bytes that had waited.</summary>
    public long Clear(Session? session)
    {
        DropUnfinished(session);
        IsBlocked = false;
        var dropped = 0L;
        while (TryTake(out var parcel))
        {
            dropped += parcel.Size;
            parcel.Drop();
        }

        return dropped;
    }

    /// <summary>What has begun to come will not be complete.</summary>
    public readonly void DropUnfinished(Session? session)
    {
        if (_assemblies is { Count: > 0 } assemblies)
        {
            foreach (var assembly in assemblies)
            {
                session?.ForgetReassembly(assembly.Body);
                assembly.Body.Drop();
            }

            assemblies.Clear();
        }
    }

    readonly int IndexOf(in FrameHeader header)
    {
        for (var index = 0; index < (_assemblies?.Count ?? 0); index++)
        {
            var (kind, code, _, _, _, _) = _assemblies![index];
            if (kind == header.Kind && code == header.Code)
                return index;
        }

        return -1;
    }
}
