using ButlerRpc.Calls;
using ButlerRpc.Framing;
using ButlerRpc.Platform;

namespace ButlerRpc.Sessions;

/// <summary>
/// Makes the sessions of a client or a server, native or iproto.
/// </summary>
sealed class SessionWires(SessionHost native, IprotoOptions iproto) : IDisposable
{
    const int SmallestQueue = 1 << 20;
    readonly IprotoFraming _framing = new(iproto);
    SessionHost? _iprotoHost;

    public Session Create(Connection connection, bool iproto, ServiceTable services, bool isAcceptor, Action<Session>? drainStarted = null,
        ReadOnlyMemory<byte> token = default, ButlerEndpoint? endpoint = null) =>
        iproto
            ? new Session(IprotoHost, connection, _framing, services, isAcceptor) { Endpoint = endpoint, DrainStarted = drainStarted }
            : new Session(native, connection, NativeFraming.Instance, services, isAcceptor, token) { Endpoint = endpoint, DrainStarted = drainStarted };

    public void Dispose()
    {
        _iprotoHost?.Clock.Dispose();
        _iprotoHost?.Batches.Dispose();
    }

    // Limits of its own: iproto bodies are 100 MB, those of the native wire 4 MiB.
    SessionHost IprotoHost
    {
        get
        {
            if (Volatile.Read(ref _iprotoHost) is { } host)
                return host;
            host = HostOf(native, iproto);
            if (Interlocked.CompareExchange(ref _iprotoHost, host, null) is not { } first)
                return host;
            host.Clock.Dispose();
            host.Batches.Dispose();
            return first;
        }
    }

    /// <summary>A host with the limits of an iproto profile.</summary>
    public static SessionHost HostOf(SessionHost native, IprotoOptions iproto)
    {
        var limits = native.Limits with
        {
            MessageBytes = iproto.SizeLimit,
            ReassemblyWindowBytes = iproto.SizeLimit,
            CallsInFlight = iproto.CallsInFlight,
            QueuedBytes = Math.Max(native.Limits.QueuedBytes, SmallestQueue),
        };
        return new SessionHost(native.Platform, limits, native.Logger)
        {
            Totals = native.Totals,
            DefaultTimeout = iproto.RequestTimeout,
            NoticeTimeout = iproto.NoticeTimeout,
            SendBlocked = native.SendBlocked,
            InlineContinuations = native.InlineContinuations,
            IncludeExceptionDetails = native.IncludeExceptionDetails,
        };
    }
}
