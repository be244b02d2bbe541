using ButlerRpc.Platform;

namespace ButlerRpc.Testing;

/// <summary>One connection as the network sees it: two pipes between two ends.</summary>
public sealed class SimLink
{
    internal SimLink(SimNetwork network, ButlerEndpoint endpoint, SimPlace place, int number)
    {
        Endpoint = endpoint;
        Place = place;
        Number = number;
        ToServer = new SimPipe(network, this, "to the server");
        ToClient = new SimPipe(network, this, "to the client");
        var local = endpoint.Scheme is "mem" or "unix";
        var client = local ? $"{endpoint.Scheme}:client:{number}" : $"{network.DialFrom}:{50_000 + number}";
        Client = new SimConnection(network, ToServer, ToClient, client, endpoint.ToString(), local ? null : endpoint.Host, local);
        Server = new SimConnection(network, ToClient, ToServer, endpoint.ToString(), client, local ? null : network.DialFrom, local);
    }

    /// <summary>What was dialled.</summary>
    public ButlerEndpoint Endpoint { get; }

    /// <summary>The first link is 0.</summary>
    public int Number { get; }

    /// <summary>The dialler's end.</summary>
    public SimConnection Client { get; }

    /// <summary>The acceptor's end.</summary>
    public SimConnection Server { get; }

    /// <summary>What the dialler sends.</summary>
    public SimPipe ToServer { get; }

    /// <summary>What the acceptor sends.</summary>
    public SimPipe ToClient { get; }

    internal SimPlace Place { get; }

    /// <summary>Breaks the link: both ends get a reset, each behind the bytes that have arrived.</summary>
    public void Reset()
    {
        ToServer.Break();
        ToClient.Break();
    }

    /// <summary>Nothing gets through any more, in either direction, and nobody is told.</summary>
    public void Stall()
    {
        ToServer.Stall();
        ToClient.Stall();
    }

    /// <summary>Everything gets through again, what was sent in between first.</summary>
    public void Resume()
    {
        ToServer.Resume();
        ToClient.Resume();
    }

    /// <inheritdoc/>
    public override string ToString() => $"link {Number} of {Endpoint}: {ToServer}; {ToClient}";
}
