using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using ButlerRpc.Platform;
using ButlerRpc.Transport;
using ButlerRpc.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ButlerRpc.AspNetCore;

/// <summary>A connection that Kestrel has accepted. It lasts as long as its middleware does, which waits for <see cref="Ended"/>.</summary>
sealed class KestrelConnection : Connection
{
    readonly ConnectionContext _context;
    readonly PipeReader _input;
    readonly PipeWriter _output;
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile bool _disposed;

    public KestrelConnection(ConnectionContext context)
    {
        _context = context;
        (_input, _output) = (context.Transport.Input, context.Transport.Output);
        LocalAddress = Addresses.Local(context.LocalEndPoint);
        RemoteAddress = Addresses.Remote(context.RemoteEndPoint);
        RemoteHost = (context.RemoteEndPoint as IPEndPoint)?.Address.ToString();
        IsLocal = context.RemoteEndPoint is UnixDomainSocketEndPoint || (context.RemoteEndPoint is IPEndPoint remote && IPAddress.IsLoopback(remote.Address));
        CloseRequested = context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        if (context.Features.Get<ITlsConnectionFeature>() is not { } tls)
            return;
        IsEncrypted = true;
        if (tls.ClientCertificate is { } certificate)
            Principal = CertificatePrincipal.Of(certificate); // Kestrel has judged it
    }

    public override string LocalAddress { get; }

    public override string RemoteAddress { get; }

    public override string? RemoteHost { get; }

    public override bool IsEncrypted { get; }

    public override bool IsLocal { get; }

    public override ClaimsPrincipal? Principal { get; }

    public override CancellationToken CloseRequested { get; }

    /// <summary>Completes when nobody uses it any more.</summary>
    public Task Ended => _ended.Task;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            return _input.TryRead(out var read) && Take(read, buffer) is { } taken ? new(taken) : WaitAsync(buffer);
        }
        catch (Exception e) when (IsEnd(e))
        {
            return ValueTask.FromException<int>(Broken(e));
        }
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var write = _output.WriteAsync(bytes);
            if (!write.IsCompletedSuccessfully)
                return FinishAsync(write);
            return write.Result.IsCompleted ? ValueTask.FromException(Broken(null)) : default;
        }
        catch (Exception e) when (IsEnd(e))
        {
            return ValueTask.FromException(Broken(e));
        }
    }

    // Kestrel sends what it has, then closes both ways. It cannot close one.
    public override void CloseWrite() => _output.Complete();

    public override void Abort()
    {
        _context.Abort(new ConnectionAbortedException("the connection was aborted"));
        End();
    }

    public override ValueTask DisposeAsync()
    {
        End();
        return default;
    }

    void End()
    {
        if (_disposed)
            return;
        _disposed = true;
        _input.CancelPendingRead();
        _ended.TrySetResult();
    }

    // Null: nothing has come.
    int? Take(in ReadResult read, Memory<byte> buffer)
    {
        if (_disposed || (read.Buffer.IsEmpty && !read.IsCompleted))
        {
            _input.AdvanceTo(read.Buffer.Start);
            return _disposed ? throw Broken(null) : null;
        }

        var taken = (int)Math.Min(buffer.Length, read.Buffer.Length);
        var part = read.Buffer.Slice(0, taken);
        part.CopyTo(buffer.Span);
        _input.AdvanceTo(part.End); // from here on the bytes are the pipe's again
        return taken;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<int> WaitAsync(Memory<byte> buffer)
    {
        try
        {
            while (true)
            {
                if (Take(await _input.ReadAsync(), buffer) is { } taken)
                    return taken;
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            throw Broken(e);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    static async ValueTask FinishAsync(ValueTask<FlushResult> write)
    {
        try
        {
            if ((await write).IsCompleted)
                throw Broken(null);
        }
        catch (Exception e) when (IsEnd(e))
        {
            throw Broken(e);
        }
    }

    // Aborted, or completed by whoever has ended it.
    static bool IsEnd(Exception e) => e is OperationCanceledException or InvalidOperationException or ObjectDisposedException;

    static IOException Broken(Exception? cause) => new("the connection was closed", cause);
}
