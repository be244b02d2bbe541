namespace ButlerRpc.Codec;

/// <summary>How iproto writes integers and counts.</summary>
public enum IprotoMode : byte
{
    /// <summary>Little-endian integers of their own width; a count is a u32.</summary>
    Default,

    /// <summary>
    /// Base-128 groups, the most significant first, the high bit set on all but the last (perl's pack <c>w</c>, not LEB128). One-byte integers stay raw. Of a
    /// string, a binary or a slice only the count is BER: elements, and the members of a struct, keep the default form unless they are marked themselves.
    /// </summary>
    Ber,
}

/// <summary>A type with its own iproto form.</summary>
public interface IIprotoPackable
{
    /// <summary>Appends the value.</summary>
    void PackIproto(ref IprotoWriter writer, IprotoMode mode);

    /// <summary>Reads the value, into this object, and leaves the reader behind it.</summary>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are no such value.</exception>
    void UnpackIproto(ref IprotoReader reader, IprotoMode mode);
}

/// <summary>Writes one element of a slice.</summary>
public delegate void IprotoElementWriter<in T>(ref IprotoWriter writer, T value);

/// <summary>Reads one element of a slice.</summary>
public delegate T IprotoElementReader<out T>(ref IprotoReader reader);
