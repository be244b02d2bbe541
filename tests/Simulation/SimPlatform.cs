using System.Net;
using ButlerRpc.Platform;

namespace ButlerRpc.Testing;

/// <summary>The simulated half of the platform: virtual time, one seeded thread, seeded numbers, a table of names, a network in memory.</summary>
public sealed class SimPlatform : ButlerPlatform
{
    readonly SimScheduler _scheduler;
    readonly VirtualTime _time;

    internal SimPlatform(VirtualTime time, SimScheduler scheduler, SimRandom random, SimNames names, SimNetwork network)
    {
        _time = time;
        _scheduler = scheduler;
        Random = random;
        Names = names;
        Transports = [new SimTransport(network)];
    }

    /// <inheritdoc/>
    public override TimeProvider Time => _time;

    /// <inheritdoc/>
    public override long Milliseconds => _time.Milliseconds;

    /// <inheritdoc/>
    public override ButlerScheduler Scheduler => _scheduler;

    /// <inheritdoc/>
    public override ButlerRandom Random { get; }

    /// <inheritdoc/>
    public override INameResolver Names { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<ITransport> Transports { get; }
}

/// <summary>A table of names. Addresses stand for themselves.</summary>
public sealed class SimNames : INameResolver
{
    readonly Dictionary<string, IReadOnlyList<IPAddress>> _table = new(StringComparer.OrdinalIgnoreCase) { ["localhost"] = [IPAddress.Loopback] };

    /// <summary>How often somebody asked.</summary>
    public int Lookups { get; private set; }

    /// <summary>The addresses of a name; none: it stops existing.</summary>
    public void Set(string host, params IPAddress[] addresses) => _table[host] = addresses;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        Lookups++;
        if (IPAddress.TryParse(host, out var address))
            return new([address]);
        return _table.TryGetValue(host, out var addresses) && addresses.Count > 0
            ? new(addresses)
            : ValueTask.FromException<IReadOnlyList<IPAddress>>(new IOException($"the name '{host}' is not in the simulation's table"));
    }
}
