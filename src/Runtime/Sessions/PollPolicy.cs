namespace ButlerRpc.Sessions;

/// <summary>
/// Whether a session asks for its next bytes before it waits for them. Asking pays while the peer answers within microseconds and costs processor time for
/// nothing when it does not, so hits earn trust, misses cost twice as much, and without trust only one turn in <see cref="ProbeEvery"/> is tried.
/// </summary>
struct PollPolicy
{
    public const int ProbeEvery = 64;
    const int Most = 16;
    const int Miss = 2;

    int _trust;
    int _turns;

    public PollPolicy()
    {
        // The first turn is a probe: a session that is busy from the start is found out at once.
        _turns = ProbeEvery - 1;
    }

    /// <summary>Asked once a turn.</summary>
    public bool Wants()
    {
        if (_trust > 0)
            return true;
        if (++_turns < ProbeEvery)
            return false;
        _turns = 0;
        return true;
    }

    /// <summary>Bytes came while it was asking.</summary>
    public void OnHit() => _trust = Math.Min(_trust + 1, Most);

    /// <summary>None came.</summary>
    public void OnMiss() => _trust = Math.Max(_trust - Miss, 0);

    /// <summary>A batch took so long that others should read meanwhile.</summary>
    public void OnSlow() => _trust = 0;
}
