using ButlerRpc.Platform;

namespace ButlerRpc.Sessions;

/// <summary>Something with points in time at which it wants to be looked at.</summary>
interface ITimed
{
    /// <summary>Does what is due and returns when it wants to be looked at next; <see cref="long.MaxValue"/>: not until it asks again.</summary>
    long OnTime(long now);
}

/// <summary>
/// One one-shot timer for everything that has a deadline in a client or server. It is armed for the earliest, moved only when an earlier one comes, and not
/// armed while nothing is pending; a CancellationTokenSource per call would cost 62 ns and 144 B.
/// </summary>
sealed class SessionClock : IDisposable
{
    const long Step = 10;        // it never fires more often than this (ms)
    const long FarStep = 50;     // nor this while all that is left is further away than Far
    const long Far = 1000;
    const long Longest = int.MaxValue; // what a timer takes; when it fires all are asked anew

    readonly ButlerPlatform _platform;
    readonly Lock _gate = new();
    readonly List<ITimed> _members = [];
    readonly ITimer _timer;
    long _armedFor = long.MaxValue;
    bool _disposed;

    public SessionClock(ButlerPlatform platform)
    {
        _platform = platform;
        _timer = platform.CreateTimer(static state => ((SessionClock)state!).Fire(), this);
    }

    /// <summary>How often the timer has fired.</summary>
    public long Ticks { get; private set; }

    bool HasEnded => _disposed && _members.Count == 0;

    public void Add(ITimed member)
    {
        lock (_gate)
            _members.Add(member);
    }

    public void Remove(ITimed member)
    {
        lock (_gate)
        {
            _members.Remove(member);
            if (!_disposed || _members.Count > 0)
                return;
        }

        _timer.Dispose();
    }

    /// <summary>Asks to be looked at when <paramref name="due"/> has come.</summary>
    public void Arm(long due)
    {
        if (due < Volatile.Read(ref _armedFor))
            ArmEarlier(due);
    }

    /// <summary>Goes on for those that are still to be looked at, such as a session whose last bytes are on their way, and ends with the last of them.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            if (_members.Count > 0)
                return;
        }

        _timer.Dispose();
    }

    void ArmEarlier(long due)
    {
        lock (_gate)
        {
            if (due >= _armedFor || HasEnded)
                return;
            Set(due, _platform.Milliseconds);
        }
    }

    void Set(long due, long now)
    {
        _armedFor = due;
        var wait = Math.Clamp(due - now, 0, Longest);
        var step = wait > Far ? FarStep : Step;
        _timer.Change(TimeSpan.FromMilliseconds((wait + step - 1) / step * step is var rounded && rounded < Step ? Step : rounded), Timeout.InfiniteTimeSpan);
    }

    void Fire()
    {
        ITimed[] members;
        lock (_gate)
        {
            if (HasEnded)
                return;
            Ticks++;
            // Whoever arms from here on is heard; what is due now is found by the looks below.
            Volatile.Write(ref _armedFor, long.MaxValue);
            members = [.. _members];
        }

        var next = long.MaxValue;
        foreach (var member in members)
            next = Math.Min(next, member.OnTime(_platform.Milliseconds));
        Arm(next);
    }
}
