using System.Buffers;
using ButlerRpc.Framing;

namespace ButlerRpc.Sessions;

/// <summary>A message that comes in several frames. Its memory is rented as the bytes arrive, so that a short frame cannot pin what it announces.</summary>
sealed class Reassembly(int total, bool skipped)
{
    const int FirstRent = 65_536;
    byte[] _bytes = [];

    /// <summary>The size announced by the first frame.</summary>
    public int Total { get; } = total;

    /// <summary>True: it is too large to be taken; its frames are counted and dropped.</summary>
    public bool Skipped { get; } = skipped;

    public int Received { get; private set; }

    /// <summary>The metadata of the message, from its first frame; null: none.</summary>
    public byte[]? Metadata { get; init; }

    public void Append(ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty)
            throw new ProtocolViolationException("an empty part of a message");
        if (part.Length > Total - Received)
            throw new ProtocolViolationException($"a message of {Total} bytes has more");
        if (!Skipped)
        {
            if (_bytes.Length < Received + part.Length)
                Grow(Received + part.Length);
            part.CopyTo(_bytes.AsSpan(Received));
        }

        Received += part.Length;
    }

    /// <summary>Its bytes, which the caller returns to the shared pool.</summary>
    public byte[] Take()
    {
        if (Received != Total)
            throw new ProtocolViolationException($"a message of {Total} bytes ends after {Received}");
        var bytes = _bytes;
        _bytes = [];
        return bytes;
    }

    public void Drop()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(Total, Math.Max(needed, Math.Max(FirstRent, _bytes.Length * 2))));
        _bytes.AsSpan(0, Received).CopyTo(larger);
        Drop();
        _bytes = larger;
    }
}
