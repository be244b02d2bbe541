using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>
/// The protocols of one listener, and how the first bytes of a connection tell them apart: the user's own are asked first, then the native one (<c>BTLR</c>) and
/// HTTP; what nobody takes is the legacy protocol's, or is closed. TLS is settled by the transport before; what is inside is told apart in the same way.
/// </summary>
sealed class PortProtocols
{
    /// <summary>So many bytes are looked at before a connection is closed.</summary>
    public const int MostBytes = 256;

    const string Option = "protocols";
    const string TlsName = "tls";

    readonly string _where;
    readonly ButlerProtocol[] _plain;
    readonly ButlerProtocol[] _insideTls;

    PortProtocols(string where, ButlerProtocol[] plain, ButlerProtocol[] insideTls) => (_where, _plain, _insideTls) = (where, plain, insideTls);

    /// <summary>What an endpoint names; without names what its scheme and framing say.</summary>
    /// <exception cref="ArgumentException">A name is unknown, or two legacy protocols are named.</exception>
    public static PortProtocols Of(ButlerEndpoint endpoint, IReadOnlyList<ButlerProtocol> users)
    {
        var where = $"the endpoint '{endpoint}'";
        if (NamesOf(endpoint) is not { } names)
        {
            ButlerProtocol[] only = [Only(endpoint)];
            return new PortProtocols(where, only, only);
        }

        if (endpoint.Options.ContainsKey("framing"))
            throw new ArgumentException($"{where} has both framing and {Option}; {Option} alone says what is spoken");
        var tls = names.Contains(TlsName);
        if (tls != SpeaksTls(endpoint))
        {
            throw new ArgumentException(tls
                ? $"{Option} of {where} names tls; that takes tls://… with a certificate and key"
                : $"{Option} of {where} does not name tls; add it, or listen on tcp://…");
        }

        return Parse(where, names, users, web: false);
    }

    /// <param name="where">What the names are of, for messages.</param>
    /// <param name="names">The names.</param>
    /// <param name="users">The user's protocols.</param>
    /// <param name="web">A web server listens there, which serves HTTP and has settled TLS.</param>
    /// <exception cref="ArgumentException">A name is unknown, or two legacy protocols are named.</exception>
    public static PortProtocols Parse(string where, IReadOnlyCollection<string> names, IReadOnlyList<ButlerProtocol> users, bool web)
    {
        ButlerProtocol[] own = web ? [OwnProtocol.Native, OwnProtocol.Http, OwnProtocol.Iproto] : [OwnProtocol.Native, OwnProtocol.Iproto];
        var tls = names.Contains(TlsName);
        Check(users);
        var known = users.Concat(own).ToArray();
        if (names.FirstOrDefault(n => (web || n != TlsName) && known.All(p => p.Name != n)) is { } unknown)
        {
            throw new ArgumentException(
                $"{Option}={unknown} of {where} is none of {string.Join(", ", web ? known.Select(p => p.Name) : known.Select(p => p.Name).Append(TlsName))}"
                + (unknown == OwnProtocol.Http.Name ? "; HTTP is served on a web server's listeners, by UseButler of ButlerRpc.AspNetCore"
                    : unknown == TlsName ? "; TLS is there by UseHttps" : ""));
        }

        var plain = known.Where(p => names.Contains(p.Name)).ToArray();
        if (plain.Where(p => p.IsLegacy).ToArray() is [var one, var other, ..])
        {
            throw new ArgumentException(
                $"{where} names two legacy protocols, {one.Name} and {other.Name}; their bytes cannot be told apart, so give each a listener of its own");
        }

        return new PortProtocols(where, plain, known.Where(p => (tls && p == OwnProtocol.Native) || plain.Contains(p)).ToArray());
    }

    /// <summary>What is spoken at an endpoint that names no protocols.</summary>
    public static ButlerProtocol Only(ButlerEndpoint endpoint) => IsIproto(endpoint) ? OwnProtocol.Iproto : OwnProtocol.Native;

    /// <summary>True when nothing but iproto is spoken at an endpoint.</summary>
    public static bool IsIproto(ButlerEndpoint endpoint) =>
        endpoint.Scheme == "iproto" || (endpoint.Options.TryGetValue("framing", out var framing) && framing == "iproto");

    /// <summary>True when an endpoint that speaks TLS lets connections in without it.</summary>
    public static bool AllowsPlain(ButlerEndpoint endpoint) => NamesOf(endpoint)?.Any(n => n != TlsName) == true;

    /// <summary>True when something is spoken under TLS that knows no ALPN name.</summary>
    public static bool NeedsNoAlpn(ButlerEndpoint endpoint) =>
        IsIproto(endpoint) || endpoint.Options.GetValueOrDefault("alpn") == "none" || NamesOf(endpoint)?.Any(n => n != TlsName && n != OwnProtocol.Native.Name) == true;

    /// <summary>A listener whose connections tell what they speak; the same one, if there is nothing to tell.</summary>
    public ConnectionListener Over(ConnectionListener listener) =>
        _plain is [var plain] && _insideTls is [var inside] && plain == inside && plain == Only(listener.Endpoint) ? listener : new SharedListener(listener, this);

    /// <summary>A connection that tells what it speaks as soon as it is open.</summary>
    public Connection Over(Connection connection) => new UntoldConnection(connection, this);

    /// <summary>False: more bytes are needed. Null: they are nobody's.</summary>
    public bool TryChoose(ReadOnlySpan<byte> first, bool isAll, bool insideTls, out ButlerProtocol? chosen)
    {
        var protocols = insideTls ? _insideTls : _plain;
        foreach (var protocol in protocols)
        {
            if (protocol.IsLegacy)
                continue;
            switch (protocol.Match(first))
            {
                case ProtocolMatch.Yes:
                    chosen = protocol;
                    return true;
                case ProtocolMatch.Undecided when !isAll && first.Length < MostBytes:
                    chosen = null;
                    return false;
            }
        }

        chosen = Array.Find(protocols, p => p.IsLegacy);
        return true;
    }

    /// <summary>The same place, where one protocol is spoken.</summary>
    public PortProtocols Alone(ButlerProtocol protocol) => new(_where, [protocol], [protocol]);

    public bool Names(ButlerProtocol protocol) => _plain.Contains(protocol);

    /// <summary>The connection, opened, and what is spoken on it.</summary>
    /// <exception cref="IOException">Its first bytes are nobody's.</exception>
    public async ValueTask<Connection> OpenAsync(Connection accepted, CancellationToken cancellationToken)
    {
        var connection = await accepted.OpenAsync(cancellationToken);
        if ((connection.IsEncrypted ? _insideTls : _plain) is [var only] && !NeedsMatch(only))
            return new SpokenConnection(connection, default, only);
        using var registration = cancellationToken.UnsafeRegister(static state => ((Connection)state!).Abort(), connection);
        var first = new byte[MostBytes];
        var have = 0;
        var ended = false;
        ButlerProtocol? chosen;
        while (!TryChoose(first.AsSpan(0, have), ended, connection.IsEncrypted, out chosen))
        {
            var received = await connection.ReceiveAsync(first.AsMemory(have));
            have += received;
            ended = received == 0;
        }

        return chosen is null ? throw Nobodys(first.AsSpan(0, have)) : new SpokenConnection(connection, first.AsMemory(0, have), chosen);
    }

    // Alone on its port, a protocol of the library says itself what it does not understand.
    static bool NeedsMatch(ButlerProtocol protocol) => protocol is not OwnProtocol && !protocol.IsLegacy;

    IOException Nobodys(ReadOnlySpan<byte> first) => new(first.IsEmpty
        ? "it ended before it said what it speaks"
        : $"its first bytes, {Convert.ToHexString(first[..Math.Min(first.Length, 4)])}, are of no protocol of {_where}");

    static string[]? NamesOf(ButlerEndpoint endpoint) =>
        endpoint.Options.TryGetValue(Option, out var text) ? text.Split('+', StringSplitOptions.TrimEntries) : null;

    static bool SpeaksTls(ButlerEndpoint endpoint) => endpoint.Scheme == TlsName || endpoint.Options.ContainsKey("certificate");

    static void Check(IReadOnlyList<ButlerProtocol> users)
    {
        string[] taken = [TlsName, OwnProtocol.Native.Name, OwnProtocol.Iproto.Name, OwnProtocol.Http.Name];
        foreach (var user in users)
        {
            if (user.Name.Length == 0 || !user.Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
                throw new ArgumentException($"'{user.Name}' is not the name of a protocol: lower-case letters, digits and dashes");
            if (taken.Contains(user.Name) || users.Count(u => u.Name == user.Name) > 1)
                throw new ArgumentException($"two protocols are named '{user.Name}' (taken: {string.Join(", ", taken)})");
        }
    }
}
