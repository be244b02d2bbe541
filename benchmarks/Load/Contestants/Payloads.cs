namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>32 bytes of numbers that no encoding can shorten.</summary>
[ButlerMessage(Formats = MessageFormats.Iproto)]
readonly partial record struct Numbers(long A, long B, long C, long D)
{
    const long Wide = 0x5A5A_0000_0000_0000;

    public static Numbers Of(int caller, long sequence) => new(Wide | sequence, Wide | (long)caller << 16, ~(Wide | sequence), long.MinValue | sequence);

    /// <summary>What <see cref="Of"/> was given.</summary>
    public long GetSequence() => A & ~Wide; // a property would travel as a field of the JSON

    public void Check(int caller, long sequence)
    {
        if (A != (Wide | sequence) || B != (Wide | (long)caller << 16))
            throw new InvalidDataException($"caller {caller} was given the reply to another call: {this}");
    }
}

/// <summary>A block of bytes.</summary>
[ButlerMessage(Formats = MessageFormats.Iproto)]
sealed partial record Block(byte[] Bytes)
{
    public static Block OfSize(int size)
    {
        var bytes = new byte[size];
        for (var i = 0; i < size; i++)
            bytes[i] = (byte)(i * 31);
        return new Block(bytes);
    }

    public void Check(int size)
    {
        if (Bytes.Length != size || Bytes[^1] != (byte)((size - 1) * 31))
            throw new InvalidDataException($"a block of {size} bytes came back as {Bytes.Length} bytes");
    }
}
