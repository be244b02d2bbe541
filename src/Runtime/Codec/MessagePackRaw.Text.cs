using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;

namespace ButlerRpc.Codec;

partial class MessagePackRaw
{
    /// <summary>Strings up to this many chars are bounded by three bytes per char; longer ones are counted, so that a huge string reserves no more than it needs.</summary>
    const int CountedFrom = 1024;
    const int Lane = 8;

    /// <summary>The most bytes that <see cref="WriteString"/> writes for the value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long MaxBytes(string value) => value.Length < CountedFrom ? 5 + (3 * value.Length) : CountedBytes(value);

    /// <summary>The most bytes that <see cref="WriteNullableString"/> writes for the value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long MaxBytesOrNil(string? value) => value is null ? 1 : MaxBytes(value);

    /// <summary>The most bytes that <see cref="WriteBinary"/> writes for the value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long MaxBytes(ReadOnlySpan<byte> value) => 5L + value.Length;

    /// <summary>Writes a string as strict UTF-8: up to <see cref="MaxBytes(string)"/>.</summary>
    /// <exception cref="ButlerException">InvalidArgument: the string holds a lone surrogate.</exception>
    public static ref byte WriteString(ref byte p, string value)
    {
        // Most strings are short and ASCII: eight chars at a time, the last eight again where they overlap.
        if (value.Length is >= Lane and < 32 && Vector128.IsHardwareAccelerated)
        {
            ref var source = ref Unsafe.As<char, ushort>(ref MemoryMarshal.GetReference(value.AsSpan()));
            ref var target = ref Unsafe.Add(ref p, 1);
            var last = value.Length - Lane;
            for (var i = 0; ; i = Math.Min(i + Lane, last))
            {
                var lane = Vector128.LoadUnsafe(ref source, (nuint)i);
                if ((lane & Vector128.Create((ushort)0xFF80)) != Vector128<ushort>.Zero)
                    break;
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, i), Vector128.Narrow(lane, lane).AsUInt64().ToScalar());
                if (i != last)
                    continue;
                p = (byte)(0xA0 | value.Length);
                return ref Unsafe.Add(ref target, value.Length);
            }
        }

        return ref WriteOtherString(ref p, value);
    }

    /// <summary>Writes a string or nil: up to <see cref="MaxBytesOrNil"/>.</summary>
    public static ref byte WriteNullableString(ref byte p, string? value)
    {
        if (value is null)
            return ref WriteNil(ref p);
        return ref WriteString(ref p, value);
    }

    /// <summary>Writes a binary: up to 5 bytes more than it has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteBinary(ref byte p, ReadOnlySpan<byte> value)
    {
        p = ref WriteBinaryHeader(ref p, value.Length);
        value.CopyTo(MemoryMarshal.CreateSpan(ref p, value.Length));
        return ref Unsafe.Add(ref p, value.Length);
    }

    /// <summary>Writes up to 5 bytes.</summary>
    public static ref byte WriteBinaryHeader(ref byte p, int length)
    {
        if (length > byte.MaxValue)
            return ref WriteWideHeader(ref p, 0xC5, length);
        p = 0xC4;
        Unsafe.Add(ref p, 1) = (byte)length;
        return ref Unsafe.Add(ref p, 2);
    }

    /// <summary>Null where the contract allows none: an exception to be thrown.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Exception Null(string member) => new ButlerException(
        ButlerStatus.InvalidArgument, $"{member} is null, which its contract does not allow", ButlerCertainty.NotExecuted, ButlerReason.BadMessage);

    /// <summary>A value that is none of a union's cases: an exception to be thrown.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Exception NoCase(string union, object? value) => value is null ? Null(union) : new ButlerException(
        ButlerStatus.InvalidArgument, $"{value.GetType().Name} is no case of {union}", ButlerCertainty.NotExecuted, ButlerReason.BadMessage);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static long CountedBytes(string value)
    {
        // Encoding counts in an int and throws for more, which is what a string that no message can hold deserves.
        try
        {
            return 5L + Encoding.UTF8.GetByteCount(value);
        }
        catch (ArgumentException)
        {
            throw new ButlerException(ButlerStatus.ResourceExhausted, "a string is too large for one message", ButlerCertainty.NotExecuted, ButlerReason.TooLarge);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static ref byte WriteOtherString(ref byte p, string value)
    {
        // The header is guessed from the char count and mended when the guess was wrong: 10 to 30 % faster than counting first.
        if (value.Length >= CountedFrom)
        {
            var length = Encoding.UTF8.GetByteCount(value);
            var counted = StringHeaderSize(length);
            Transcode(value, MemoryMarshal.CreateSpan(ref Unsafe.Add(ref p, counted), length));
            WriteStringHeader(ref p, counted, length);
            return ref Unsafe.Add(ref p, counted + length);
        }

        var guess = StringHeaderSize(value.Length);
        var written = Transcode(value, MemoryMarshal.CreateSpan(ref Unsafe.Add(ref p, guess), 3 * value.Length));
        var header = StringHeaderSize(written);
        if (header != guess)
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref p, guess), written).CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref p, header), written));
        WriteStringHeader(ref p, header, written);
        return ref Unsafe.Add(ref p, header + written);
    }

    static int Transcode(string value, Span<byte> destination)
    {
        if (Utf8.FromUtf16(value, destination, out _, out var written, replaceInvalidSequences: false) != OperationStatus.Done)
            throw new ButlerException(
                ButlerStatus.InvalidArgument, "a string holds a lone surrogate and has no UTF-8 form", ButlerCertainty.NotExecuted, ButlerReason.BadMessage);
        return written;
    }

    static int StringHeaderSize(int bytes) => bytes < 32 ? 1 : bytes <= byte.MaxValue ? 2 : bytes <= ushort.MaxValue ? 3 : 5;

    static void WriteStringHeader(ref byte p, int header, int bytes)
    {
        switch (header)
        {
            case 1:
                p = (byte)(0xA0 | bytes);
                break;
            case 2:
                p = 0xD9;
                Unsafe.Add(ref p, 1) = (byte)bytes;
                break;
            default:
                _ = ref WriteWideHeader(ref p, 0xDA, bytes);
                break;
        }
    }
}
