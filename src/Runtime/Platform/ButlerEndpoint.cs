using System.Globalization;
using System.Net;

namespace ButlerRpc.Platform;

/// <summary>
/// Where a server listens or a client dials: <c>tcp://host:port</c>, <c>tls://host:port</c>, <c>unix:///path</c>, <c>mem://name</c>,
/// <c>systemd://name</c>, <c>iproto://host:port</c>; an IPv6 address stands in brackets; <c>?option=value</c> for what belongs to the endpoint.
/// </summary>
public sealed record ButlerEndpoint
{
    const string Forms = "tcp://host:port, tls://host:port, unix:///path, mem://name, systemd://name, iproto://host:port, butler://host:port/channel, amqp://…";

    static readonly string[] PortSchemes = ["tcp", "tls", "iproto", "butler", "amqp", "amqps"];

    ButlerEndpoint(string scheme, string host, int port, string path, IReadOnlyDictionary<string, string> options)
    {
        Scheme = scheme;
        Host = host;
        Port = port;
        Path = path;
        Options = options;
    }

    /// <summary>The part before <c>://</c>, in lower case.</summary>
    public string Scheme { get; }

    /// <summary>The host, without brackets; empty for Unix sockets. For <c>mem</c> the name.</summary>
    public string Host { get; }

    /// <summary>The port; 0 where the scheme has none, or to be given a free one.</summary>
    public int Port { get; init; }

    /// <summary>What stands behind the host, with its leading slash; empty if nothing does.</summary>
    public string Path { get; }

    /// <summary>What stands behind the question mark.</summary>
    public IReadOnlyDictionary<string, string> Options { get; }

    /// <summary>Reads several endpoints, separated by commas.</summary>
    /// <exception cref="ArgumentException">One is malformed; the message names it and the accepted forms.</exception>
    public static IReadOnlyList<ButlerEndpoint> ParseList(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Array.ConvertAll(text.Split(',', StringSplitOptions.TrimEntries), Parse);
    }

    /// <summary>Reads one endpoint.</summary>
    /// <exception cref="ArgumentException">It is malformed; the message names it and the accepted forms.</exception>
    public static ButlerEndpoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var mark = text.IndexOf("://", StringComparison.Ordinal);
        if (mark <= 0)
            throw Malformed(text, "it has no scheme");
        var scheme = text[..mark].ToLowerInvariant();
        var rest = text[(mark + 3)..];
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        if (question >= 0)
        {
            foreach (var pair in rest[(question + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries))
            {
                var equals = pair.IndexOf('=', StringComparison.Ordinal);
                if (equals <= 0)
                    throw Malformed(text, $"'{pair}' is not option=value");
                options[pair[..equals]] = Uri.UnescapeDataString(pair[(equals + 1)..]);
            }

            rest = rest[..question];
        }

        switch (scheme)
        {
            case "unix":
                if (rest.Length < 2 || rest[0] != '/')
                    throw Malformed(text, "a Unix socket needs an absolute path: unix:///run/orders.sock");
                return new ButlerEndpoint(scheme, "", 0, rest, options);
            case "systemd":
                if (rest.Length == 0)
                    throw Malformed(text, "an endpoint of systemd needs the name of its socket (FileDescriptorName): systemd://orders.socket");
                return new ButlerEndpoint(scheme, rest, 0, "", options);
            case "mem":
                if (rest.Length == 0)
                    throw Malformed(text, "an in-memory endpoint needs a name: mem://orders");
                return new ButlerEndpoint(scheme, rest, 0, "", options);
        }

        // A transport of the user's own may need no port.
        if (!PortSchemes.Contains(scheme) && rest.Length > 0 && rest.AsSpan().IndexOfAny(':', '/') < 0)
            return new ButlerEndpoint(scheme, rest, 0, "", options);
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var path = slash < 0 ? "" : rest[slash..];
        var authority = slash < 0 ? rest : rest[..slash];
        var (host, port) = ParseAuthority(text, authority);
        if (path.Length > 1 && scheme is "tcp" or "tls" or "iproto")
            throw Malformed(text, $"nothing stands behind the port of {scheme}:// but ?option=value, and '{path}' does");
        return new ButlerEndpoint(scheme, host, port, path, options);
    }

    /// <summary>The same for a wire that is not this library's: a TLS peer is not asked to agree on a protocol's name, unless the endpoint names one.</summary>
    internal ButlerEndpoint ForOtherWire() => Scheme != "tls" || Options.ContainsKey("alpn")
        ? this
        : new ButlerEndpoint(Scheme, Host, Port, Path, new Dictionary<string, string>(Options, StringComparer.Ordinal) { ["alpn"] = "none" });

    /// <summary>The same at one of its host's addresses.</summary>
    internal ButlerEndpoint At(IPAddress address) => new(Scheme, address.ToString(), Port, Path, Options);

    /// <summary>The same place with the same options, in whatever order they stand.</summary>
    public bool Equals(ButlerEndpoint? other) =>
        other is not null && (Scheme, Host, Port, Path, Options.Count) == (other.Scheme, other.Host, other.Port, other.Path, other.Options.Count)
        && Options.All(o => other.Options.TryGetValue(o.Key, out var value) && value == o.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Scheme, Host, Port, Path, Options.Count);

    /// <inheritdoc/>
    public override string ToString()
    {
        var authority = Scheme switch
        {
            "unix" => "",
            "mem" or "systemd" => Host,
            _ when Port == 0 && !PortSchemes.Contains(Scheme) => Host,
            _ => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}",
        };
        var options = Options.Count == 0 ? "" : "?" + string.Join('&', Options.Select(o => $"{o.Key}={Escape(o.Value)}"));
        return $"{Scheme}://{authority}{Path}{options}";
    }

    // Paths and lists stay readable in logs.
    static string Escape(string value) => Uri.EscapeDataString(value).Replace("%2F", "/", StringComparison.Ordinal).Replace("%2B", "+", StringComparison.Ordinal).Replace("%3A", ":", StringComparison.Ordinal);

    static (string Host, int Port) ParseAuthority(string text, string authority)
    {
        string host, port;
        if (authority.StartsWith('['))
        {
            var close = authority.IndexOf(']', StringComparison.Ordinal);
            if (close < 0 || close + 1 >= authority.Length || authority[close + 1] != ':')
                throw Malformed(text, "an IPv6 address stands in brackets, followed by :port");
            (host, port) = (authority[1..close], authority[(close + 2)..]);
        }
        else
        {
            var colon = authority.LastIndexOf(':');
            if (colon < 0)
                throw Malformed(text, "the port is missing");
            (host, port) = (authority[..colon], authority[(colon + 1)..]);
            if (host.Contains(':', StringComparison.Ordinal))
                throw Malformed(text, "an IPv6 address stands in brackets: [::1]:9000");
        }

        if (host.Length == 0)
            throw Malformed(text, "the host is missing");
        if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 65535)
            throw Malformed(text, $"'{port}' is not a port (0 to 65535)");
        return (host, number);
    }

    static ArgumentException Malformed(string text, string why) => new($"'{text}' is not an endpoint: {why}. Accepted: {Forms}");
}
