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
    const int Growth = 4; // doubling copied a message of 1 MiB once more than it has to be
    byte[] _bytes = [];
    int _taken; // of the budget
    bool _overBudget;

    /// <summary>The size announced by the first frame.</summary>
    public int Total { get; } = total;

    /// <summary>True: its bytes are dropped.</summary>
    public bool Skipped => _overBudget || Total > limits.MessageBytes;

    public int Received { get; private set; }

    /// <summary>The metadata of the message, from its first frame; null: none.</summary>
    public byte[]? Metadata { get; init; }

    public void Append(ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty)
            throw new ProtocolViolationException("an empty part of a message");
        if (part.Length > Total - Received)
            throw new ProtocolViolationException($"a message of {Total} bytes has more");
        if (!Skipped && (_bytes.Length >= Received + part.Length || TryGrow(Received + part.Length)))
            part.CopyTo(_bytes.AsSpan(Received));
        Received += part.Length;
    }

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
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        ReturnBudget();
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
