using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ButlerRpc.Codec;

/// <summary>Sequences of scalars, an array on the wire.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class MessagePackSpans
{
    // One reservation serves this many elements: long sequences reserve no more than they need, give or take one chunk.
    const int Chunk = 64;

    /// <summary>Writes the elements as an array.</summary>
    public static void Write<T, TScalar>(ref MessagePackWriter writer, ReadOnlySpan<T> items)
        where TScalar : struct, IScalar<T>
    {
        writer.WriteArrayHeader(items.Length);
        while (!items.IsEmpty)
        {
            var chunk = items[..Math.Min(items.Length, Chunk)];
            ref var p = ref writer.Begin(chunk.Length * TScalar.MaxBytes);
            writer.End(ref WriteEach<T, TScalar>(ref p, chunk));
            items = items[chunk.Length..];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref byte WriteEach<T, TScalar>(ref byte p, ReadOnlySpan<T> items)
        where TScalar : struct, IScalar<T>
    {
        if (typeof(TScalar) == typeof(Scalars.OfInt32))
            return ref MessagePackRaw.WriteInt32s(ref p, MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<T, int>(ref MemoryMarshal.GetReference(items)), items.Length));
        foreach (var item in items)
            p = ref TScalar.Write(ref p, item);
        return ref p;
    }

    /// <summary>
    /// Reads an array; more than <paramref name="most"/> elements are refused. It is made in one piece: each element has a byte of its own in the message, so it is
    /// at most sixteen times as long as what was received.
    /// </summary>
    public static T[] ReadArray<T, TScalar>(ref MessagePackReader reader, int most = int.MaxValue)
        where T : unmanaged
        where TScalar : struct, IScalar<T>
    {
        var count = reader.ReadArrayHeader(TScalar.MinBytes, most);
        if (count == 0)
            return [];
        var items = GC.AllocateUninitializedArray<T>(count);
        Read<T, TScalar>(ref reader, items);
        return items;
    }

    /// <summary>Reads a list; more than <paramref name="most"/> elements are refused.</summary>
    public static List<T> ReadList<T, TScalar>(ref MessagePackReader reader, int most = int.MaxValue)
        where T : unmanaged
        where TScalar : struct, IScalar<T>
    {
        var count = reader.ReadArrayHeader(TScalar.MinBytes, most);
        var list = new List<T>(count);
        CollectionsMarshal.SetCount(list, count);
        Read<T, TScalar>(ref reader, CollectionsMarshal.AsSpan(list));
        return list;
    }

    static void Read<T, TScalar>(ref MessagePackReader reader, Span<T> items)
        where T : unmanaged
        where TScalar : struct, IScalar<T>
    {
        if (typeof(TScalar) == typeof(Scalars.OfInt32))
        {
            reader.ReadInt32s(MemoryMarshal.Cast<T, int>(items));
            return;
        }

        foreach (ref var item in items)
            item = TScalar.Read(ref reader);
    }

    /// <summary>The elements of any collection: its own memory where it is an array or a list, else a copy.</summary>
    public static ReadOnlySpan<T> AsSpan<T>(IEnumerable<T> items) => items switch
    {
        T[] array => array,
        List<T> list => CollectionsMarshal.AsSpan(list),
        _ => items.ToArray(),
    };

    /// <summary>A copy. Its memory is not cleared before it is overwritten, which for a large one took half as long as the copying.</summary>
    public static byte[] Copy(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return [];
        var copy = GC.AllocateUninitializedArray<byte>(bytes.Length);
        bytes.CopyTo(copy);
        return copy;
    }

    /// <summary>Turns an array around in place.</summary>
    public static T[] Reversed<T>(T[] items)
    {
        Array.Reverse(items);
        return items;
    }

    /// <summary>An array for the first of <paramref name="count"/> elements that are about to be read.</summary>
    public static T[] Allocate<T>(ref MessagePackReader reader, int count) => count == 0 ? [] : new T[Math.Max(reader.Preallocate<T>(count), 1)];

    /// <summary>Makes room in an array that is being read: twice as much, but no more than <paramref name="count"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Grow<T>(ref T[] items, int count) => Array.Resize(ref items, (int)Math.Min(count, 2L * items.Length));

    /// <summary>A key came twice.</summary>
    [DoesNotReturn]
    public static void ThrowDuplicateKey() => MessagePackReader.ThrowBad("a map holds a key twice");
}
