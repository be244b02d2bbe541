using ButlerRpc.Platform;

namespace ButlerRpc.Broker.Native;

/// <summary>
/// Where a broker is and which of its channels is meant: <c>butler://host:port/channel</c>; or any endpoint with <c>?channel=…</c>, such as
/// <c>tls://host:port?channel=…</c> or <c>unix:///run/broker.sock?channel=…</c>. A channel is a UUID.
/// </summary>
static class BrokerEndpoint
{
    const string Forms = "butler://host:port/channel, tls://host:port?channel=…, unix:///path?channel=…; the channel is a UUID such as 6f1c0f5e-3b1d-4a39-9d7e-0d8a4e0f6b11";

    /// <summary>The endpoints to dial, and the one channel that all of them must name.</summary>
    /// <exception cref="ArgumentException">One is malformed, names no channel, or another than the rest.</exception>
    public static (string Dialled, Guid Channel) Parse(string endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        Guid? channel = null;
        List<string> dialled = [];
        foreach (var endpoint in ButlerEndpoint.ParseList(endpoints))
        {
            var named = ChannelOf(endpoint);
            if (channel is { } other && other != named)
                throw new ArgumentException($"'{endpoints}' names the channels {other} and {named}; a consumer or provider is attached to one");
            channel = named;
            dialled.Add(Dialled(endpoint));
        }

        return (string.Join(',', dialled), channel!.Value);
    }

    static Guid ChannelOf(ButlerEndpoint endpoint)
    {
        var text = endpoint.Scheme == "butler" ? endpoint.Path.TrimStart('/') : endpoint.Options.GetValueOrDefault("channel", "");
        if (text.Length == 0)
            throw new ArgumentException($"'{endpoint}' names no channel. Accepted: {Forms}");
        return Guid.TryParse(text, out var channel) ? channel : throw new ArgumentException($"'{text}' of '{endpoint}' is not a channel. Accepted: {Forms}");
    }

    // The transports know nothing of channels.
    static string Dialled(ButlerEndpoint endpoint)
    {
        var text = endpoint.ToString();
        var question = text.IndexOf('?', StringComparison.Ordinal);
        var options = endpoint.Options.Where(o => o.Key != "channel").Select(o => $"{o.Key}={Uri.EscapeDataString(o.Value)}").ToArray();
        var bare = question < 0 ? text : text[..question];
        if (endpoint.Scheme == "butler")
            bare = "tcp" + bare["butler".Length..][..^endpoint.Path.Length];
        return options.Length == 0 ? bare : $"{bare}?{string.Join('&', options)}";
    }
}
