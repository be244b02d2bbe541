using System.Buffers;
using System.Net;
using System.Net.Sockets;
using ButlerRpc.Hosting;
using ButlerRpc.Platform;
using ButlerRpc.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ButlerRpc.AspNetCore;

/// <summary>Gives a listener's connections to the server, except those that speak HTTP: they go on to the web application, nothing having been taken from them.</summary>
sealed class ButlerMiddleware(ButlerServerHost host, PortProtocols protocols, ConnectionDelegate next)
{
    public async Task OnConnectionAsync(ConnectionContext context)
    {
        var spoken = protocols;
        if (protocols.Names(OwnProtocol.Http))
        {
            var chosen = await PeekAsync(context);
            if (chosen == OwnProtocol.Http)
            {
                await next(context);
                return;
            }

            if (chosen is null)
                return;
            spoken = protocols.Alone(chosen);
        }

        ButlerServer server;
        try
        {
            server = await host.Started.WaitAsync(context.ConnectionClosed);
        }
        catch (OperationCanceledException)
        {
            return; // it has gone before the server was there
        }

        await using var connection = new KestrelConnection(context);
        server.Accept(connection, spoken, EndpointOf(context));
        await connection.Ended;
    }

    // For measurements, which name the server.
    static ButlerEndpoint? EndpointOf(ConnectionContext context)
    {
        var scheme = context.Features.Get<ITlsConnectionFeature>() is null ? "tcp" : "tls";
        return context.LocalEndPoint switch
        {
            IPEndPoint address => ButlerEndpoint.Parse($"{scheme}://{address}"),
            UnixDomainSocketEndPoint unix when unix.ToString().StartsWith('/') => ButlerEndpoint.Parse($"unix://{unix}"),
            _ => null, // a path of Windows, or a name without a file: no endpoint of ours
        };
    }

    // Who says nothing is HTTP's: browsers open connections that they may use later, and the web server has limits of its own for them.
    async ValueTask<ButlerProtocol?> PeekAsync(ConnectionContext context)
    {
        var input = context.Transport.Input;
        var time = (host.Options.Platform ?? StandardPlatform.Shared).Time;
        using var patience = new CancellationTokenSource(host.Options.Limits.HandshakeTimeout, time);
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(
            patience.Token, context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default);
        var some = false;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(closing.Token);
                var decided = TryChoose(read.Buffer, read.IsCompleted, out var chosen);
                some = !read.Buffer.IsEmpty;
                input.AdvanceTo(read.Buffer.Start, decided ? read.Buffer.Start : read.Buffer.End);
                if (decided)
                    return chosen;
            }
        }
        catch (ConnectionAbortedException)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            return some ? null : OwnProtocol.Http;
        }
        catch (IOException)
        {
            return null; // reset
        }
    }

    bool TryChoose(in ReadOnlySequence<byte> first, bool isAll, out ButlerProtocol? chosen)
    {
        Span<byte> bytes = stackalloc byte[PortProtocols.MostBytes];
        var part = first.Slice(0, Math.Min(first.Length, bytes.Length));
        part.CopyTo(bytes);
        return protocols.TryChoose(bytes[..(int)part.Length], isAll, insideTls: false, out chosen);
    }
}
