using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>
/// The sources that a listener lets speak for others: <c>tcp://*:9000?proxy=10.0.0.0/8+192.168.1.7</c>. They must send a PROXY protocol header, version 1
/// or 2; everybody else is what his socket says, and a header from him is no more than wrong bytes.
/// </summary>
sealed class ProxyNetworks(IReadOnlyList<IPNetwork> networks)
{
    public static ProxyNetworks? Of(ButlerEndpoint endpoint)
    {
        if (!endpoint.Options.TryGetValue("proxy", out var text))
            return null;
        return new ProxyNetworks(text.Split('+').Select(part => Parse(endpoint, part)).ToArray());
    }

    public bool Trusts(Connection connection) =>
        IPAddress.TryParse(connection.RemoteHost, out var address)
        && networks.Any(n => n.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    static IPNetwork Parse(ButlerEndpoint endpoint, string text)
    {
        if (IPNetwork.TryParse(text, out var network))
            return network;
        if (IPAddress.TryParse(text, out var address))
            return new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        throw new ArgumentException($"proxy={text} of the endpoint '{endpoint}' is neither an address nor a network such as 10.0.0.0/8");
    }
}

/// <summary>A connection from a trusted proxy: its header is read first and says who is really there.</summary>
sealed class ProxiedConnection(Connection inner) : Connection
{
    const int LongestVersion1 = 107;
    const int Version2Header = 16;
    const int LongestVersion2 = 1024;

    public override string LocalAddress => inner.LocalAddress;

    public override string RemoteAddress => inner.RemoteAddress;

    // Not counted: the address that counts is in the header, and is counted once it is known.
    public override string? RemoteHost => null;

    public override async ValueTask<Connection> OpenAsync(CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static state => ((Connection)state!).Abort(), inner);
        var buffer = new byte[LongestVersion2];
        var have = 0;
        while (true)
        {
            if (TryParse(buffer.AsSpan(0, have), out var source, out var used))
            {
                var rest = buffer.AsMemory(used, have - used);
                return source is null
                    ? new PrefixedConnection(inner, rest)
                    : new PrefixedConnection(inner, rest, source.ToString(), source.Address.ToString());
            }

            var received = have < buffer.Length ? await inner.ReceiveAsync(buffer.AsMemory(have)) : 0;
            if (received == 0)
                throw Bad("it ends too early");
            have += received;
        }
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => throw new InvalidOperationException("the connection is not open yet");

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => throw new InvalidOperationException("the connection is not open yet");

    public override void CloseWrite() => inner.CloseWrite();

    public override void Abort() => inner.Abort();

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    /// <summary>False: more bytes are needed. A null source: the proxy speaks for itself (a health check).</summary>
    internal bool TryParse(ReadOnlySpan<byte> bytes, out IPEndPoint? source, out int used)
    {
        source = null;
        used = 0;
        ReadOnlySpan<byte> version2 = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];
        var common = Math.Min(bytes.Length, version2.Length);
        if (common > 0 && bytes[..common].SequenceEqual(version2[..common]))
            return bytes.Length >= Version2Header && TryParseVersion2(bytes, out source, out used);
        var version1 = "PROXY "u8;
        common = Math.Min(bytes.Length, version1.Length);
        if (!bytes[..common].SequenceEqual(version1[..common]))
            throw Bad("it is missing");
        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0)
            return bytes.Length < LongestVersion1 ? false : throw Bad("its line does not end");
        used = end + 2;
        source = ParseVersion1(Encoding.ASCII.GetString(bytes[version1.Length..end]));
        return true;
    }

    IPEndPoint? ParseVersion1(string line)
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

        throw Bad("its line is malformed");
    }

    bool TryParseVersion2(ReadOnlySpan<byte> bytes, out IPEndPoint? source, out int used)
    {
        source = null;
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        used = Version2Header + length;
        if (used > LongestVersion2)
            throw Bad($"it is {used} bytes; at most {LongestVersion2} are read");
        if (bytes[12] is not (0x20 or 0x21))
            throw Bad("its version or command is unknown");
        if (bytes.Length < used)
            return false;
        if (bytes[12] == 0x20)
            return true; // LOCAL: the proxy itself
        var body = bytes[Version2Header..used];
        source = bytes[13] switch
        {
            0x11 when length >= 12 => new IPEndPoint(new IPAddress(body[..4]), BinaryPrimitives.ReadUInt16BigEndian(body[8..])),
            0x21 when length >= 36 => new IPEndPoint(new IPAddress(body[..16]), BinaryPrimitives.ReadUInt16BigEndian(body[32..])),
            0x11 or 0x21 => throw Bad("its addresses are cut off"),
            _ => null, // UNSPEC, UDP, Unix: an address that says nothing here
        };
        return true;
    }

    IOException Bad(string why) => new($"the PROXY header of {inner.RemoteAddress} cannot be read: {why}");
}
