using System.Net;
using System.Net.Sockets;
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
        return endpoint.Options.TryGetValue("proxy", out var text) ? Parse(text, $"the endpoint '{endpoint}'") : null;
    }

    /// <param name="text">Addresses or networks, joined by <c>+</c>.</param>
    /// <param name="where">What they are of, for the message.</param>
    /// <exception cref="ArgumentException">One is malformed.</exception>
    public static ProxyNetworks Parse(string text, string where) => new(text.Split('+').Select(part => ParseOne(part, where)).ToArray());

    public bool Trusts(Connection connection) => IPAddress.TryParse(connection.RemoteHost, out var address) && Trusts(address);

    public bool Trusts(IPAddress address) => networks.Any(n => n.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    static IPNetwork ParseOne(string text, string where)
    {
        if (IPNetwork.TryParse(text, out var network))
            return network;
        if (IPAddress.TryParse(text, out var address))
            return new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        throw new ArgumentException($"proxy={text} of {where} is neither an address nor a network such as 10.0.0.0/8");
    }
}
