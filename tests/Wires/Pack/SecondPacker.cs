using System.Text;

namespace ButlerRpc.Wires.Tests.Pack;

/// <summary>
/// A second implementation of pack and unpack, written from the description of the wire byte by byte. It shares nothing with the product: no spans, no
/// BinaryPrimitives, strings of bits for BER.
/// </summary>
static class SecondPacker
{
    /// <summary>Least significant byte first.</summary>
    public static List<byte> Fixed(ulong value, int width)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < width; i++)
        {
            bytes.Add((byte)(value % 256));
            value /= 256;
        }

        return bytes;
    }

    /// <summary>The binary digits in sevens from the right; each group but the last has its high bit set.</summary>
    public static List<byte> Ber(ulong value)
    {
        var digits = "";
        do
        {
            digits = (value % 2 == 0 ? "0" : "1") + digits;
            value /= 2;
        }
        while (value > 0);

        while (digits.Length % 7 != 0)
            digits = "0" + digits;
        var bytes = new List<byte>();
        for (var i = 0; i < digits.Length; i += 7)
            bytes.Add(Convert.ToByte((i + 7 < digits.Length ? "1" : "0") + digits.Substring(i, 7), 2));
        return bytes;
    }

    public static List<byte> Integer(ulong value, int width, bool ber) =>
        ber && width > 1 ? Ber(width == 8 ? value : value % (1ul << (8 * width))) : Fixed(value, width);

    public static List<byte> Text(string value, bool ber) => Bytes([.. Encoding.UTF8.GetBytes(value)], ber);

    public static List<byte> Bytes(List<byte> value, bool ber)
    {
        var bytes = Integer((ulong)value.Count, 4, ber);
        bytes.AddRange(value);
        return bytes;
    }

    public static ulong ReadInteger(List<byte> bytes, ref int at, int width, bool ber)
    {
        ulong value = 0;
        if (ber && width > 1)
        {
            var digits = "";
            byte group;
            do
            {
                group = bytes[at++];
                digits += Convert.ToString(group % 128, 2).PadLeft(7, '0');
            }
            while (group >= 128);

            foreach (var digit in digits)
                value = value * 2 + (digit == '1' ? 1ul : 0ul);
            return value;
        }

        for (var i = width - 1; i >= 0; i--)
            value = value * 256 + bytes[at + i];
        at += width;
        return value;
    }

    public static List<byte> ReadBytes(List<byte> bytes, ref int at, bool ber)
    {
        var count = (int)ReadInteger(bytes, ref at, 4, ber);
        var taken = bytes.GetRange(at, count);
        at += count;
        return taken;
    }
}
