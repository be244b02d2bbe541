using System.Buffers;
using System.Net;
using ButlerRpc.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.AspNetCore;

/// <summary>Takes the PROXY protocol's header off the connections of trusted proxies.</summary>
sealed class ProxyMiddleware(ProxyNetworks trusted, TimeSpan timeout, TimeProvider time, ILogger logger, ConnectionDelegate next)
{
    public async Task OnConnectionAsync(ConnectionContext context)
    {
        if (context.RemoteEndPoint is IPEndPoint proxy && trusted.Trusts(proxy.Address))
        {
            try
            {
                context.RemoteEndPoint = await ReadAsync(context, proxy) ?? context.RemoteEndPoint;
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                Log.HeaderRefused(logger, proxy.ToString(), e.Message);
                context.Abort(new ConnectionAbortedException(e.Message));
                return;
            }
        }

        await next(context);
    }

    async ValueTask<IPEndPoint?> ReadAsync(ConnectionContext context, IPEndPoint proxy)
    {
        var input = context.Transport.Input;
        using var patience = new CancellationTokenSource(timeout, time);
        while (true)
        {
            var read = await input.ReadAsync(patience.Token);
            if (TryParse(read.Buffer, proxy, out var source, out var used))
            {
                input.AdvanceTo(read.Buffer.GetPosition(used));
                return source;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || read.Buffer.Length >= ProxyHeader.Longest)
                throw ProxyHeader.Bad(proxy.ToString(), "it ends too early");
        }
    }

    static bool TryParse(in ReadOnlySequence<byte> buffer, IPEndPoint proxy, out IPEndPoint? source, out int used)
    {
        Span<byte> bytes = stackalloc byte[ProxyHeader.Longest];
        var part = buffer.Slice(0, Math.Min(buffer.Length, bytes.Length));
        part.CopyTo(bytes);
        return ProxyHeader.TryParse(bytes[..(int)part.Length], proxy.ToString(), out source, out used);
    }
}
