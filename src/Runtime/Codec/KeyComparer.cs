using System.ComponentModel;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace ButlerRpc.Codec;

/// <summary>
/// Comparers for decoded dictionaries and sets. The hash codes that integers and ids have of themselves are known to everybody, so a peer could send keys that all fall
/// into one bucket; these are keyed with a secret of the process (SipHash-1-3). Strings need none: their hash codes are keyed already.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class KeyComparer
{
    /// <summary>The comparer for a type of key.</summary>
    public static IEqualityComparer<T> Of<T>() => Holder<T>.Instance;

    static class Holder<T>
    {
        public static readonly IEqualityComparer<T> Instance = Create<T>();
    }

    static IEqualityComparer<T> Create<T>()
    {
        if (typeof(T) == typeof(float))
            return (IEqualityComparer<T>)(object)new Keyed<float, long>(v => BitConverter.DoubleToInt64Bits(v == 0 ? 0 : float.IsNaN(v) ? double.NaN : v));
        if (typeof(T) == typeof(double))
            return (IEqualityComparer<T>)(object)new Keyed<double, long>(v => BitConverter.DoubleToInt64Bits(v == 0 ? 0 : double.IsNaN(v) ? double.NaN : v));
        if (typeof(T) == typeof(decimal))
            return (IEqualityComparer<T>)(object)new Keyed<decimal, decimal>(Normalize);
        if (typeof(T) == typeof(DateTime))
            return (IEqualityComparer<T>)(object)new Keyed<DateTime, long>(v => v.Ticks);
        if (typeof(T) == typeof(DateTimeOffset))
            return (IEqualityComparer<T>)(object)new Keyed<DateTimeOffset, long>(v => v.UtcTicks);
        return IsBitwise<T>() ? new BitwiseKeyed<T>() : EqualityComparer<T>.Default;
    }

    // Two values are equal exactly when their bytes are.
    static bool IsBitwise<T>() =>
        typeof(T).IsEnum || typeof(T) == typeof(sbyte) || typeof(T) == typeof(byte) || typeof(T) == typeof(short) || typeof(T) == typeof(ushort) ||
        typeof(T) == typeof(int) || typeof(T) == typeof(uint) || typeof(T) == typeof(long) || typeof(T) == typeof(ulong) || typeof(T) == typeof(char) ||
        typeof(T) == typeof(Int128) || typeof(T) == typeof(UInt128) || typeof(T) == typeof(Guid) || typeof(T) == typeof(TimeSpan) ||
        typeof(T) == typeof(DateOnly) || typeof(T) == typeof(TimeOnly) || typeof(T) == typeof(Rune);

    // 1.0 and 1.00 are equal: dividing by this one drops the trailing zeros.
    static decimal Normalize(decimal value) => value / 1.0000000000000000000000000000m;

    sealed class BitwiseKeyed<T> : IEqualityComparer<T>
    {
        public bool Equals(T? x, T? y) => EqualityComparer<T>.Default.Equals(x, y);

        public int GetHashCode(T obj) =>
            KeyedHash.Of(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<T, byte>(ref obj), Unsafe.SizeOf<T>()));
    }

    sealed class Keyed<T, TBits>(Func<T, TBits> normalize) : IEqualityComparer<T>
        where TBits : unmanaged
    {
        public bool Equals(T? x, T? y) => EqualityComparer<T>.Default.Equals(x, y);

        public int GetHashCode(T obj)
        {
            var bits = normalize(obj);
            return KeyedHash.Of(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref bits, 1)));
        }
    }
}

/// <summary>SipHash-1-3 with a key of this process.</summary>
static class KeyedHash
{
    // Hash codes of strings are keyed with randomness that the runtime draws at start: what they yield for fixed texts is a secret of the process as well.
    static readonly ulong Key0 = Secret("ButlerRpc.KeyedHash.0", "ButlerRpc.KeyedHash.1");
    static readonly ulong Key1 = Secret("ButlerRpc.KeyedHash.2", "ButlerRpc.KeyedHash.3");

    public static int Of(ReadOnlySpan<byte> bytes)
    {
        var v0 = Key0 ^ 0x736f6d6570736575;
        var v1 = Key1 ^ 0x646f72616e646f6d;
        var v2 = Key0 ^ 0x6c7967656e657261;
        var v3 = Key1 ^ 0x7465646279746573;
        var length = (ulong)bytes.Length;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var word = MemoryMarshal.Read<ulong>(bytes);
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
        }

        var last = length << 56;
        for (var i = 0; i < bytes.Length; i++)
            last |= (ulong)bytes[i] << (8 * i);
        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;
        v2 ^= 0xFF;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        var hash = v0 ^ v1 ^ v2 ^ v3;
        return (int)(hash ^ (hash >> 32));
    }

    static ulong Secret(string a, string b) => ((ulong)(uint)a.GetHashCode() << 32) | (uint)b.GetHashCode();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
