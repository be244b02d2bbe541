namespace ButlerRpc.Codec;

/// <summary>
/// Turns values of <typeparamref name="T"/> into bytes and back. Generated for every message; an abstract class, so that members can be added
/// without breaking contract assemblies that were built before.
/// </summary>
public abstract class MessageCodec<T>
{
    /// <summary>The code of the message; 0 when it has none.</summary>
    public virtual int Code => 0;

    /// <summary>
    /// True when writing runs no user code and stays below about 1 KiB apart from strings and binaries whose length is checked, so that it may be done
    /// inside the send buffer, under the session's lock. Default: false.
    /// </summary>
    public virtual bool EncodesInPlace => false;

    /// <summary>The forms it has. Default: MessagePack only.</summary>
    public virtual MessageFormats Formats => MessageFormats.MessagePack;

    /// <summary>Writes a value in the iproto form.</summary>
    /// <exception cref="ButlerException">Unimplemented: the type has none; declare its message with <c>Formats = MessageFormats.Iproto</c>.</exception>
    public virtual void WriteIproto(ref IprotoWriter writer, in T value) => throw NoIproto();

    /// <summary>Reads a value from the iproto form.</summary>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are not a <typeparamref name="T"/>. Unimplemented: the type has no iproto form.</exception>
    public virtual T ReadIproto(ref IprotoReader reader) => throw NoIproto();

    static ButlerException NoIproto() => new(
        ButlerStatus.Unimplemented,
        $"{typeof(T).Name} has no iproto form: over iproto a method takes and returns one message, declared with Formats = MessageFormats.Iproto",
        ButlerCertainty.NotExecuted);

    /// <summary>Writes a value as MessagePack.</summary>
    public abstract void Write(ref MessagePackWriter writer, in T value);

    /// <summary>Reads a value from MessagePack.</summary>
    /// <exception cref="ButlerException">InvalidArgument: the bytes are not a <typeparamref name="T"/>.</exception>
    public abstract T Read(ref MessagePackReader reader);
}

/// <summary>A message: a type whose codec was generated. Implemented by the compiler.</summary>
/// <remarks>It has this one member for ever: an interface with static abstract members cannot grow without breaking assemblies built before.</remarks>
public interface IButlerMessage<TSelf>
    where TSelf : IButlerMessage<TSelf>
{
    /// <summary>The codec.</summary>
    static abstract MessageCodec<TSelf> Codec { get; }
}

/// <summary>The codec of <see cref="Unit"/>: nil.</summary>
public sealed class UnitCodec : MessageCodec<Unit>
{
    /// <summary>The only instance.</summary>
    public static readonly UnitCodec Instance = new();

    /// <inheritdoc/>
    public override bool EncodesInPlace => true;

    /// <inheritdoc/>
    public override void Write(ref MessagePackWriter writer, in Unit value) => writer.WriteNil();

    /// <inheritdoc/>
    public override Unit Read(ref MessagePackReader reader)
    {
        reader.Skip();
        return default;
    }

    /// <inheritdoc/>
    public override MessageFormats Formats => MessageFormats.Iproto | MessageFormats.IprotoBer;

    /// <summary>Nothing: an empty body.</summary>
    public override void WriteIproto(ref IprotoWriter writer, in Unit value)
    {
    }

    /// <summary>Takes whatever body a peer sends where nothing is expected.</summary>
    public override Unit ReadIproto(ref IprotoReader reader)
    {
        reader.ReadRaw(reader.Remaining);
        return default;
    }
}

/// <summary>Finds the codecs of messages.</summary>
[System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)]
public static class MessageCodec
{
    /// <summary>The codec of a message. Generated code asks once, when a service's descriptors are made.</summary>
    public static MessageCodec<T> Of<T>()
        where T : IButlerMessage<T> => T.Codec;
}
