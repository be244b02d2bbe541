using System.Runtime.CompilerServices;

namespace ButlerRpc.Codec;

/// <summary>Stepping over values of any kind.</summary>
partial struct MessagePackReader
{
    /// <summary>Steps over one value of any kind. Iterative: nesting costs no stack, and is limited all the same.</summary>
    public void Skip() => _ = ReadRaw();

    /// <summary>Steps over values.</summary>
    public void Skip(int count)
    {
        for (var i = 0; i < count; i++)
            Skip();
    }

    /// <summary>The bytes of one value of any kind.</summary>
    [SkipLocalsInit]
    public ReadOnlySpan<byte> ReadRaw()
    {
        var start = _position;
        var children = SkipOne();
        if (children == 0)
            return _bytes[start.._position];
        Span<uint> open = stackalloc uint[MaxDepth + 1];
        var depth = 0;
        open[0] = 0;
        while (true)
        {
            if (children > 0)
            {
                if (++depth + _depth > MaxDepth)
                    ThrowTooDeep();
                open[depth] = children;
            }

            while (open[depth] == 0)
            {
                if (depth == 0)
                    return _bytes[start.._position];
                depth--;
            }

            open[depth]--;
            children = SkipOne();
        }
    }

    /// <summary>Everything that is left, whatever it is.</summary>
    internal ReadOnlySpan<byte> ReadRest()
    {
        var rest = _bytes[_position..];
        _position = _bytes.Length;
        return rest;
    }

    /// <summary>Reads one value of any kind as it is, into memory of its own.</summary>
    public RawMessage ReadRawMessage() => new(ReadRaw().ToArray());

    // The header of one value and, for a scalar, its body; returns the number of values inside it.
    uint SkipOne()
    {
        var code = Next();
        switch (code)
        {
            case < 0x80 or >= 0xE0 or 0xC0 or 0xC2 or 0xC3:
                return 0;
            case < 0x90:
                return (uint)CheckCount((uint)(code & 0x0F), 2) * 2;
            case < 0xA0:
                return (uint)CheckCount((uint)(code & 0x0F), 1);
            case < 0xC0:
                _ = Take(code & 0x1F);
                return 0;
            case 0xC4 or 0xD9:
                _ = Take(ReadCount(1, 1));
                return 0;
            case 0xC5 or 0xDA:
                _ = Take(ReadCount(2, 1));
                return 0;
            case 0xC6 or 0xDB:
                _ = Take(ReadCount(4, 1));
                return 0;
            case 0xC7:
                _ = Take(1 + ReadCount(1, 1));
                return 0;
            case 0xC8:
                _ = Take(1 + ReadCount(2, 1));
                return 0;
            case 0xC9:
                _ = Take(1 + ReadCount(4, 1));
                return 0;
            case 0xCC or 0xD0:
                _ = Take(1);
                return 0;
            case 0xCD or 0xD1:
                _ = Take(2);
                return 0;
            case 0xCA or 0xCE or 0xD2:
                _ = Take(4);
                return 0;
            case 0xCB or 0xCF or 0xD3:
                _ = Take(8);
                return 0;
            case 0xD4 or 0xD5 or 0xD6 or 0xD7 or 0xD8:
                _ = Take(1 + (1 << (code - 0xD4)));
                return 0;
            case 0xDC:
                return (uint)ReadCount(2, 1);
            case 0xDD:
                return (uint)ReadCount(4, 1);
            case 0xDE:
                return (uint)ReadCount(2, 2) * 2;
            case 0xDF:
                return (uint)ReadCount(4, 2) * 2;
            default:
                ThrowUnexpected("a value", code);
                return 0;
        }
    }
}
