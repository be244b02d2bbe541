using ButlerRpc.Broker.Version1;
using ButlerRpc.Platform;

namespace ButlerRpc.Broker;

/// <summary>
/// What is spoken where a broker listens: the native wire, and version 1 where it is allowed and nothing is encrypted. An endpoint that names its protocols itself is left
/// as it is.
/// </summary>
static class BrokerListening
{
    const string Protocols = $"protocols=native+{Version1Protocol.ProtocolName}";

    public static string WithVersion1(string endpoints) => string.Join(',', ButlerEndpoint.ParseList(endpoints).Select(endpoint =>
    {
        var text = endpoint.ToString();
        var isPlain = endpoint.Scheme != "tls" && !endpoint.Options.ContainsKey("certificate");
        return !isPlain || endpoint.Options.ContainsKey("protocols") ? text : $"{text}{(endpoint.Options.Count == 0 ? '?' : '&')}{Protocols}";
    }));

    /// <summary>As it was asked for.</summary>
    public static ButlerEndpoint Shown(ButlerEndpoint endpoint) =>
        ButlerEndpoint.Parse(endpoint.ToString().Replace($"?{Protocols}", "", StringComparison.Ordinal).Replace($"&{Protocols}", "", StringComparison.Ordinal));
}
