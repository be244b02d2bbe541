using System.Security.Claims;
using ButlerRpc.Platform;

namespace ButlerRpc.Transport;

/// <summary>A connection of which some bytes have been read already: they are received first, then the rest. Its addresses may be others than the socket's.</summary>
class PrefixedConnection(Connection inner, ReadOnlyMemory<byte> prefix, string? remoteAddress = null, string? remoteHost = null) : Connection
{
    ReadOnlyMemory<byte> _prefix = prefix;

    public override string LocalAddress => inner.LocalAddress;

    public override string RemoteAddress => remoteAddress ?? inner.RemoteAddress;

    public override string? RemoteHost => remoteHost ?? inner.RemoteHost;

    public override bool IsEncrypted => inner.IsEncrypted;

    public override bool IsLocal => remoteHost is null && inner.IsLocal;

    public override bool IsPollable => inner.IsPollable;

    public override bool HasBytes => _prefix.Length > 0 || inner.HasBytes;

    public override void ExpectAsking() => inner.ExpectAsking();

    public override ClaimsPrincipal? Principal => inner.Principal;

    public override CancellationToken CloseRequested => inner.CloseRequested;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_prefix.Length == 0)
            return inner.ReceiveAsync(buffer);
        var taken = Math.Min(buffer.Length, _prefix.Length);
        _prefix[..taken].CopyTo(buffer);
        _prefix = _prefix[taken..];
        return new(taken);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => inner.SendAsync(bytes);

    public override void CloseWrite() => inner.CloseWrite();

    public override void Abort() => inner.Abort();

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
