using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>What a protocol says to the first bytes of a connection.</summary>
public enum ProtocolMatch
{
    /// <summary>They are another protocol's.</summary>
    No,

    /// <summary>They are too few to tell.</summary>
    Undecided,

    /// <summary>They are its own.</summary>
    Yes,
}

/// <summary>
/// A protocol beside those of the library that a server's listeners can share a port with. Give it to <see cref="ButlerServerOptions.Protocols"/> and name it in the
/// endpoints that it is spoken on: <c>tcp://*:9000?protocols=native+mine</c>. It is asked before the native protocol, TLS and HTTP; several in the order of
/// <see cref="ButlerServerOptions.Protocols"/>.
/// </summary>
/// <param name="name">What endpoints name it by: lower-case letters, digits and dashes.</param>
public abstract class ButlerProtocol(string name)
{
    /// <summary>What endpoints name it by.</summary>
    public string Name { get; } = name;

    /// <summary>
    /// True when its first bytes cannot be told from others': it then gets what nobody else on the port takes, and <see cref="Match"/> is not asked. A listener
    /// has at most one such protocol. Default false.
    /// </summary>
    public virtual bool IsLegacy => false;

    /// <summary>Says whether the first bytes of a connection are its own. Asked again when there are more, up to 256 bytes. It must not throw.</summary>
    /// <param name="first">All that has been received; empty at first.</param>
    public virtual ProtocolMatch Match(ReadOnlySpan<byte> first) => ProtocolMatch.No;

    /// <summary>
    /// Serves a connection, until it ends. The bytes that were looked at are received again. The connection counts among those of the server. When this returns,
    /// what was sent still arrives and the connection is closed; an exception closes it too.
    /// </summary>
    /// <param name="connection">The connection, behind its TLS handshake and PROXY header.</param>
    /// <param name="stopping">Fires when the server stops: what is not over after its drain time is aborted.</param>
    public abstract Task ServeAsync(Connection connection, CancellationToken stopping);
}

/// <summary>A protocol that the library serves by itself.</summary>
sealed class OwnProtocol : ButlerProtocol
{
    public static readonly OwnProtocol Native = new("native", isLegacy: false);
    public static readonly OwnProtocol Iproto = new("iproto", isLegacy: true);

    /// <summary>Served by what a web server's listener does otherwise.</summary>
    public static readonly OwnProtocol Http = new("http", isLegacy: false);

    OwnProtocol(string name, bool isLegacy)
        : base(name) => IsLegacy = isLegacy;

    public override bool IsLegacy { get; }

    public override ProtocolMatch Match(ReadOnlySpan<byte> first) => this == Native ? MatchNative(first) : MatchHttp(first);

    public override Task ServeAsync(Connection connection, CancellationToken stopping) => throw new InvalidOperationException($"{Name} is served by sessions");

    static ProtocolMatch MatchNative(ReadOnlySpan<byte> first)
    {
        var magic = "BTLR"u8;
        var common = Math.Min(first.Length, magic.Length);
        if (!first[..common].SequenceEqual(magic[..common]))
            return ProtocolMatch.No;
        return common == magic.Length ? ProtocolMatch.Yes : ProtocolMatch.Undecided;
    }

    // A method: letters, ended by a space. "PRI " of HTTP/2 is one too.
    static ProtocolMatch MatchHttp(ReadOnlySpan<byte> first)
    {
        const int Enough = 4;
        const int ShortestMethod = 3;
        for (var i = 0; i < Math.Min(first.Length, Enough); i++)
        {
            if (first[i] == ' ' && i >= ShortestMethod)
                return ProtocolMatch.Yes;
            if (!char.IsAsciiLetterUpper((char)first[i]))
                return ProtocolMatch.No;
        }

        return first.Length >= Enough ? ProtocolMatch.Yes : ProtocolMatch.Undecided;
    }
}
