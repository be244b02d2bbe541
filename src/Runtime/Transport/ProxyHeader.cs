using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ButlerRpc.Transport;

/// <summary>Reads the header of the PROXY protocol, version 1 (a line) or 2 (binary).</summary>
static class ProxyHeader
{
    /// <summary>In bytes; a longer one is refused.</summary>
    public const int Longest = 1024;

    const int LongestVersion1 = 107;
    const int Version2Header = 16;

    /// <summary>False: more bytes are needed. A null source: the proxy speaks for itself (a health check).</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, string from, out IPEndPoint? source, out int used)
    {
        source = null;
        used = 0;
        ReadOnlySpan<byte> version2 = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];
        var common = Math.Min(bytes.Length, version2.Length);
        if (common > 0 && bytes[..common].SequenceEqual(version2[..common]))
            return bytes.Length >= Version2Header && TryParseVersion2(bytes, from, out source, out used);
        var version1 = "PROXY "u8;
        common = Math.Min(bytes.Length, version1.Length);
        if (!bytes[..common].SequenceEqual(version1[..common]))
            throw Bad(from, "it is missing");
        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0)
            return bytes.Length < LongestVersion1 ? false : throw Bad(from, "its line does not end");
        used = end + 2;
        source = ParseVersion1(Encoding.ASCII.GetString(bytes[version1.Length..end]), from);
        return true;
    }

    static IPEndPoint? ParseVersion1(string line, string from)
    {
        var parts = line.Split(' ');
        if (parts[0] == "UNKNOWN")
            return null;
        if (parts.Length == 5 && parts[0] is "TCP4" or "TCP6" && IPAddress.TryParse(parts[1], out var address)
            && (address.AddressFamily == AddressFamily.InterNetwork) == (parts[0] == "TCP4")
            && ushort.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return new IPEndPoint(address, port);
        }

        throw Bad(from, "its line is malformed");
    }

    static bool TryParseVersion2(ReadOnlySpan<byte> bytes, string from, out IPEndPoint? source, out int used)
    {
        source = null;
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        used = Version2Header + length;
        if (used > Longest)
            throw Bad(from, $"it is {used} bytes; at most {Longest} are read");
        if (bytes[12] is not (0x20 or 0x21))
            throw Bad(from, "its version or command is unknown");
        if (bytes.Length < used)
            return false;
        if (bytes[12] == 0x20)
            return true; // LOCAL: the proxy itself
        var body = bytes[Version2Header..used];
        source = bytes[13] switch
        {
            0x11 when length >= 12 => new IPEndPoint(new IPAddress(body[..4]), BinaryPrimitives.ReadUInt16BigEndian(body[8..])),
            0x21 when length >= 36 => new IPEndPoint(new IPAddress(body[..16]), BinaryPrimitives.ReadUInt16BigEndian(body[32..])),
            0x11 or 0x21 => throw Bad(from, "its addresses are cut off"),
            _ => null, // UNSPEC, UDP, Unix: an address that says nothing here
        };
        return true;
    }

    public static IOException Bad(string from, string why) => new($"the PROXY header of {from} cannot be read: {why}");
}
