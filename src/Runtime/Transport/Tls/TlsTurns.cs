namespace ButlerRpc.Transport.Tls;

/// <summary>Who is at the native TLS object, or may get to it at any moment.</summary>
[Flags]
enum TlsUse
{
    None = 0,
    Read = 1,
    Write = 2,
}

/// <summary>
/// Keeps the shutdown of TLS away from its reads and writes: SslStream lets it run beside them, but OpenSSL's object bears only one thread at a time, or the process
/// ends in its heap. A read that waits for bytes of the peer does not count, or a silent peer would hold the shutdown up for ever.
/// </summary>
sealed class TlsTurns
{
    readonly Lock _gate = new();
    TlsUse _uses = TlsUse.Read; // the handshake
    Action? _shutdown;

    /// <summary>A use begins; after a shutdown that runs at this moment.</summary>
    public void Begin(TlsUse use)
    {
        lock (_gate)
            _uses |= use;
    }

    /// <summary>A use ends; a shutdown that has waited for the last of them runs.</summary>
    public void End(TlsUse use)
    {
        lock (_gate)
        {
            _uses &= ~use;
            if (_uses != TlsUse.None || _shutdown is not { } shutdown)
                return;
            _shutdown = null;
            shutdown();
        }
    }

    /// <summary>Runs <paramref name="shutdown"/>, which must not block, as soon as nobody is there: now or in the last <see cref="End"/>.</summary>
    public void ShutDown(Action shutdown)
    {
        lock (_gate)
        {
            if (_uses == TlsUse.None)
                shutdown();
            else
                _shutdown = shutdown;
        }
    }
}
