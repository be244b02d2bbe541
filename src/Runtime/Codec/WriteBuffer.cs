using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ButlerRpc.Codec;

/// <summary>
/// A growing, contiguous, pooled byte buffer. Contiguous, because a frame's length is patched behind the codec's back and because a send of one
/// array is cheaper than a gather of many (measured: pipes reach 0.68 of it for small frames).
/// </summary>
public sealed class WriteBuffer : IBufferWriter<byte>, IDisposable
{
    const int SmallestRent = 256;
    byte[] _bytes = [];
    int _count;

    /// <summary>The most bytes it may hold; one more is <see cref="ButlerReason.TooLarge"/>. Default: no limit.</summary>
    public int Limit { get; set; } = int.MaxValue;

    /// <summary>The bytes written so far.</summary>
    public int WrittenCount => _count;

    /// <summary>What has been written, valid until the next write.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, _count);

    /// <summary>What has been written, valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _count);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        Debug.Assert(count >= 0 && _count + count <= _bytes.Length);
        _count += count;
        if (_count > Limit)
            ThrowTooLarge(Limit);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        if (_bytes.Length - _count < Math.Max(sizeHint, 1))
            Grow(sizeHint);
        return _bytes.AsSpan(_count);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_bytes.Length - _count < Math.Max(sizeHint, 1))
            Grow(sizeHint);
        return _bytes.AsMemory(_count);
    }

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Advance(bytes.Length);
    }

    /// <summary>A part of what has been written, to be patched.</summary>
    public Span<byte> Patch(int offset, int length) => _bytes.AsSpan(0, _count).Slice(offset, length);

    /// <summary>Forgets what was written behind <paramref name="count"/>.</summary>
    public void Truncate(int count)
    {
        Debug.Assert(count <= _count);
        _count = count;
    }

    /// <summary>Empties it and keeps its memory, unless that is more than <paramref name="keep"/> bytes.</summary>
    public void Reset(int keep = int.MaxValue)
    {
        _count = 0;
        if (_bytes.Length > keep)
            Release();
    }

    /// <summary>Hands its array to the caller, who returns it to <see cref="ArrayPool{T}.Shared"/>, and starts anew.</summary>
    public byte[] Detach(out int count)
    {
        var bytes = _bytes;
        count = _count;
        _bytes = [];
        _count = 0;
        return bytes;
    }

    /// <summary>Gives its memory back.</summary>
    public void Dispose()
    {
        _count = 0;
        Release();
    }

    void Release()
    {
        var bytes = _bytes;
        _bytes = [];
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }

    void Grow(int sizeHint)
    {
        var needed = (long)_count + Math.Max(sizeHint, 1);
        if (needed > Array.MaxLength)
            ThrowTooLarge(Array.MaxLength);
        var size = (int)Math.Min(Array.MaxLength, Math.Max(Math.Max(needed, 2L * _bytes.Length), SmallestRent));
        var larger = ArrayPool<byte>.Shared.Rent(size);
        _bytes.AsSpan(0, _count).CopyTo(larger);
        Release();
        _bytes = larger;
    }

    static void ThrowTooLarge(int limit) => throw new ButlerException(
        ButlerStatus.ResourceExhausted, $"the message is larger than the limit of {limit} bytes", ButlerCertainty.NotExecuted, ButlerReason.TooLarge);
}
