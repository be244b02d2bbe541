using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ButlerRpc.Codec;

/// <summary>
/// Writes MessagePack into a buffer. It keeps the buffer's span and tells the buffer what was written only when the span is full or
/// <see cref="Flush"/> is called; generated code reserves an upper bound for a run of members and writes without further checks.
/// </summary>
public ref partial struct MessagePackWriter
{
    readonly IBufferWriter<byte> _output;
    ref byte _next;
    int _free;
    int _written;
    int _depth;

    /// <summary>A writer that appends to <paramref name="output"/>. Call <see cref="Flush"/> at the end.</summary>
    public MessagePackWriter(IBufferWriter<byte> output)
    {
        _output = output;
        var span = output.GetSpan();
        _next = ref MemoryMarshal.GetReference(span);
        _free = span.Length;
    }

    /// <summary>Tells the output how much was written.</summary>
    public void Flush()
    {
        _output.Advance(_written);
        _written = 0;
    }

    /// <summary>Room for at least <paramref name="size"/> bytes. Follow it with <see cref="Advance"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Reserve(int size)
    {
        if (_free < size)
            Grow(size);
        return MemoryMarshal.CreateSpan(ref _next, _free);
    }

    /// <summary>Bytes that need not be MessagePack, behind which nothing follows.</summary>
    internal void WriteRest(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Advance(bytes.Length);
    }

    /// <summary>Says how many of the reserved bytes were written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(int count)
    {
        Debug.Assert((uint)count <= (uint)_free);
        _next = ref Unsafe.Add(ref _next, count);
        _free -= count;
        _written += count;
    }

    /// <summary>
    /// Begins a run of <see cref="MessagePackRaw"/> writes that together need no more than <paramref name="upperBound"/> bytes, and says where the first one
    /// goes. <see cref="End"/> follows. For generated code: nothing checks the bound.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref byte Begin(long upperBound)
    {
        if (_free < upperBound)
            Grow(upperBound);
        return ref _next;
    }

    /// <summary>Ends the run that <see cref="Begin"/> began; <paramref name="end"/> is where the next byte would go.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void End(ref byte end) => Advance((int)Unsafe.ByteOffset(ref _next, ref end));

    /// <summary>Enters a nested value of a type that can hold itself; <see cref="Leave"/> follows.</summary>
    /// <exception cref="ButlerException">InvalidArgument: the value is nested deeper than <see cref="MessagePackReader.MaxDepth"/>, or holds itself.</exception>
    public void Enter()
    {
        if (++_depth > MessagePackReader.MaxDepth)
            ThrowTooDeep();
    }

    /// <summary>Leaves a nested value.</summary>
    public void Leave() => _depth--;

    [MethodImpl(MethodImplOptions.NoInlining)]
    void Grow(long size)
    {
        if (size > Array.MaxLength)
            ThrowTooLarge();
        _output.Advance(_written);
        _written = 0;
        var span = _output.GetSpan((int)size);
        _next = ref MemoryMarshal.GetReference(span);
        _free = span.Length;
    }

    [DoesNotReturn]
    static void ThrowTooLarge() => throw new ButlerException(
        ButlerStatus.ResourceExhausted, "a value is too large for one message", ButlerCertainty.NotExecuted, ButlerReason.TooLarge);

    [DoesNotReturn]
    static void ThrowTooDeep() => throw new ButlerException(
        ButlerStatus.InvalidArgument, $"the value is nested deeper than {MessagePackReader.MaxDepth}, or holds itself", ButlerCertainty.NotExecuted, ButlerReason.TooDeep);
}
