namespace ButlerRpc.Server;

/// <summary>Why a connection is not let in: for people, and as the attribute of a counter.</summary>
sealed record Refusal(string Kind, string Text)
{
    /// <summary>As many connections as the server, or the address, may have.</summary>
    public const string Limit = "limit";

    /// <summary>The server stops.</summary>
    public const string Stopping = "stopping";

    /// <summary>What comes before the first frame, such as TLS or a proxy's header, failed or took too long.</summary>
    public const string Handshake = "handshake";

    public static readonly IReadOnlyList<string> Kinds = [Limit, Stopping, Handshake];

    public static readonly Refusal ServerStops = new(Stopping, "the server stops");

    public static readonly Refusal ListensNoMore = new(Stopping, "it listens no more");
}
