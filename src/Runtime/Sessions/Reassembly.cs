using System.Buffers;
using ButlerRpc.Framing;
using ButlerRpc.Platform;

namespace ButlerRpc.Sessions;

/// <summary>
/// A message that comes in several frames. Its memory is rented as the bytes arrive, so that a short frame cannot pin what it announces; one that is too large, or
/// for which the process has no memory left, is skipped: its frames are counted and dropped.
/// </summary>
sealed class Reassembly(int total, ButlerLimits limits, ReassemblyBudget budget)
{
    const int FirstRent = 65_536;
    const int Growth = 16; // with 4, a value of 1 MiB, which is a message of a few bytes more, was copied twice
    byte[] _bytes = [];
    int _taken; // of the budget
    int _straight; // of the current part, received into its place already
    bool _overBudget;
    bool _receives;

    /// <summary>The size announced by the first frame.</summary>
    public int Total { get; } = total;

    /// <summary>True: its bytes are dropped.</summary>
    public bool Skipped => _overBudget || Total > limits.MessageBytes;

    public int Received { get; private set; }

    /// <summary>The metadata of the message, from its first frame; null: none.</summary>
    public byte[]? Metadata { get; init; }

    /// <summary>Takes a part, or what is left of one that was received <see cref="TryBegin">straight</see> into its place.</summary>
    public void Append(ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty && _straight == 0)
            throw new ProtocolViolationException("an empty part of a message");
        if (part.Length > Total - Received)
            throw new ProtocolViolationException($"a message of {Total} bytes has more");
        if (!Skipped && (_bytes.Length >= Received + part.Length || TryGrow(Received + part.Length)))
            part.CopyTo(_bytes.AsSpan(Received));
        Received += part.Length;
        _straight = 0;
    }

    /// <summary>
    /// Begins a part that is received straight into its place, which saves copying it there. False: it cannot be, and <see cref="Append"/> knows why. Until
    /// <see cref="EndStraight"/> its memory does not go back to the pool, whoever drops it.
    /// </summary>
    public bool TryBegin(int part)
    {
        if (Skipped || part > Total - Received || (_bytes.Length < Received + part && !TryGrow(Received + part)))
            return false;
        _receives = true;
        return true;
    }

    /// <summary>The place of so many bytes more, or of as many as there is room for.</summary>
    public Memory<byte> Place(int count) => _bytes.AsMemory(Received, Math.Min(count, _bytes.Length - Received));

    /// <summary>So many bytes have been received into their <see cref="Place"/>.</summary>
    public void Advance(int count)
    {
        Received += count;
        _straight += count;
    }

    /// <summary>What has been received of the current part, the last bytes of all.</summary>
    public ReadOnlySpan<byte> Straight => _bytes.AsSpan(Received - _straight, _straight);

    /// <summary>Nothing is received into it any more.</summary>
    public void EndStraight() => _receives = false;

    /// <summary>Its bytes, which the caller returns to the shared pool.</summary>
    public byte[] Take()
    {
        if (Received != Total)
            throw new ProtocolViolationException($"a message of {Total} bytes ends after {Received}");
        var bytes = _bytes;
        _bytes = [];
        ReturnBudget();
        return bytes;
    }

    public void Drop()
    {
        ReturnBudget();
        if (_receives)
            return; // a receive may write into it yet: left to the collector
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    /// <summary>Why it was skipped.</summary>
    public ButlerException Refusal(string what, ButlerCertainty certainty) => _overBudget
        ? new ButlerException(
            ButlerStatus.ResourceExhausted,
            $"{what} is {Total} bytes, and this end is putting together as much as it may ({nameof(ButlerLimits)}.{nameof(ButlerLimits.ReassemblyBudgetBytes)}: {limits.ReassemblyBudgetBytes})",
            certainty, ButlerReason.QueueFull)
        : new ButlerException(
            ButlerStatus.ResourceExhausted, $"{what} is {Total} bytes; this end takes {limits.MessageBytes} ({nameof(ButlerLimits)}.{nameof(ButlerLimits.MessageBytes)})",
            certainty, ButlerReason.TooLarge);

    bool TryGrow(int needed)
    {
        var size = Math.Min(Total, Math.Max(needed, Math.Max(FirstRent, _bytes.Length * Growth)));
        if (!budget.TryTake(size, limits.ReassemblyBudgetBytes))
        {
            _overBudget = true;
            Drop();
            return false;
        }

        var larger = ArrayPool<byte>.Shared.Rent(size);
        _bytes.AsSpan(0, Received).CopyTo(larger);
        Drop();
        (_bytes, _taken) = (larger, size);
        return true;
    }

    void ReturnBudget()
    {
        budget.Return(_taken);
        _taken = 0;
    }
}
