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
/// Keeps the shutdown of TLS, and the end of its object, away from its reads and writes: SslStream lets them run side by side, but OpenSSL's object bears only one
/// thread at a time, or the process ends in its heap. A read that waits for bytes of the peer does not count, or a silent peer would hold the shutdown up for ever.
/// </summary>
sealed class TlsTurns
{
    readonly Lock _gate = new();
    TlsUse _uses = TlsUse.Read; // the handshake
    Action? _waiting;

    /// <summary>A use begins; after what runs at this moment.</summary>
    public void Begin(TlsUse use)
    {
        lock (_gate)
            _uses |= use;
    }

    /// <summary>A use ends; what has waited for the last of them runs.</summary>
    public void End(TlsUse use)
    {
        lock (_gate)
        {
            _uses &= ~use;
            if (_uses != TlsUse.None || _waiting is not { } waiting)
                return;
            _waiting = null;
            waiting();
        }
    }

    /// <summary>Runs <paramref name="action"/>, which must not block, as soon as nobody is there: now or in the last <see cref="End"/>, behind those that wait already.</summary>
    public void WhenFree(Action action)
    {
        lock (_gate)
        {
            if (_uses == TlsUse.None)
                action();
            else
                _waiting += action;
        }
    }
}
