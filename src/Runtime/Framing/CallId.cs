namespace ButlerRpc.Framing;

/// <summary>The number of a call on the native wire: starter (bit 31), generation of the slot (15 bits), slot (16 bits).</summary>
readonly struct CallId(uint value)
{
    public const uint AcceptorBit = 0x8000_0000;
    public const int GenerationMask = 0x7FFF;

    public CallId(bool byAcceptor, int generation, int slot)
        : this((byAcceptor ? AcceptorBit : 0) | (uint)(generation & GenerationMask) << 16 | (uint)slot)
    {
    }

    public uint Value { get; } = value;

    public bool ByAcceptor => (Value & AcceptorBit) != 0;

    public int Generation => (int)(Value >> 16) & GenerationMask;

    public int Slot => (int)(Value & 0xFFFF);

    /// <summary>How far <paramref name="generation"/> is ahead of <paramref name="current"/>; negative: it is older. The numbers wrap.</summary>
    public static int Distance(int generation, int current)
    {
        var ahead = (generation - current) & GenerationMask;
        return ahead < 0x4000 ? ahead : ahead - 0x8000;
    }
}
