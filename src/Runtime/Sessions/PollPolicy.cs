namespace ButlerRpc.Sessions;

/// <summary>
/// Whether a session asks for its next bytes before it waits for them. Asking pays while the peer answers within microseconds and costs processor time for
/// nothing when it does not, so hits earn trust, misses cost twice as much, and without trust only some turns are tried: soon where asking has paid before, and ever
/// less often, down to one in <see cref="MostBetweenProbes"/>, where it does not.
/// </summary>
struct PollPolicy
{
    public const int MostBetweenProbes = 64;
    const int FewestBetweenProbes = 4;
    const int Most = 16;
    const int Proven = 4;
    const int Miss = 2;
    const int Slow = 4;

    int _trust;
    int _betweenProbes = FewestBetweenProbes;
    int _turnsLeft = 1; // the first turn is a probe: a session that is busy from the start is found out at once

    public PollPolicy()
    {
    }

    /// <summary>Asked once a turn.</summary>
    public bool Wants()
    {
        if (_trust > 0)
            return true;
        if (--_turnsLeft > 0)
            return false;
        _turnsLeft = _betweenProbes;
        _betweenProbes = Math.Min(_betweenProbes * 2, MostBetweenProbes);
        return true;
    }

    /// <summary>Bytes came while it was asking.</summary>
    public void OnHit()
    {
        if (_trust < Most)
            _trust++;
        if (_trust >= Proven)
            _turnsLeft = _betweenProbes = FewestBetweenProbes;
    }

    /// <summary>None came.</summary>
    public void OnMiss() => _trust = Math.Max(_trust - Miss, 0);

    /// <summary>A batch took so long that others should read meanwhile; once in a while any does, whose thread is not running.</summary>
    public void OnSlow() => _trust = Math.Max(_trust - Slow, 0);
}
