namespace ButlerRpc;

/// <summary>
/// An encoded MessagePack value that is passed through untouched, for relays and late decoding. When read it is a copy of its own, so it may be kept.
/// The default is nil.
/// </summary>
public readonly struct RawMessage(ReadOnlyMemory<byte> bytes) : IEquatable<RawMessage>
{
    /// <summary>The bytes of exactly one value.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <summary>True when there are no bytes, which is written as nil.</summary>
    public bool IsEmpty => Bytes.IsEmpty;

    /// <summary>Encodes a message.</summary>
    public static RawMessage Encode<T>(in T message)
        where T : Codec.IButlerMessage<T>
    {
        using var buffer = new Codec.WriteBuffer();
        var writer = new Codec.MessagePackWriter(buffer);
        T.Codec.Write(ref writer, message);
        writer.Flush();
        return new RawMessage(buffer.WrittenSpan.ToArray());
    }

    /// <summary>Decodes the value.</summary>
    /// <exception cref="ButlerException">InvalidArgument: it is not a <typeparamref name="T"/>.</exception>
    public T Decode<T>()
        where T : Codec.IButlerMessage<T>
    {
        var reader = new Codec.MessagePackReader(Content(this));
        var message = T.Codec.Read(ref reader);
        reader.EnsureEnd();
        return message;
    }

    /// <summary>The same bytes; no bytes are the same as nil.</summary>
    public bool Equals(RawMessage other) => Content(this).SequenceEqual(Content(other));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RawMessage other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Content(this));
        return hash.ToHashCode();
    }

    /// <summary>The same bytes.</summary>
    public static bool operator ==(RawMessage left, RawMessage right) => left.Equals(right);

    /// <summary>Different bytes.</summary>
    public static bool operator !=(RawMessage left, RawMessage right) => !left.Equals(right);

    static ReadOnlySpan<byte> Content(RawMessage message) => message.IsEmpty ? [0xC0] : message.Bytes.Span;
}
