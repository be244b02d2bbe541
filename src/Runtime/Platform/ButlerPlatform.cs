namespace ButlerRpc.Platform;

/// <summary>
/// Everything that is not deterministic, in one place: time, scheduling, randomness, names and the network. A simulation supplies its own and
/// can then replay a run from a seed; nothing else in the library reads a clock, starts work or opens a socket.
/// </summary>
public abstract class ButlerPlatform
{
    /// <summary>Timers and timestamps.</summary>
    public abstract TimeProvider Time { get; }

    /// <summary>A monotonic clock in milliseconds; coarse (up to 16 ms behind) and cheap, for deadlines.</summary>
    public abstract long Milliseconds { get; }

    /// <summary>Where all background work runs.</summary>
    public abstract ButlerScheduler Scheduler { get; }

    /// <summary>Ids, jitter and nonces.</summary>
    public abstract ButlerRandom Random { get; }

    /// <summary>Host names to addresses.</summary>
    public abstract INameResolver Names { get; }

    /// <summary>How endpoints are reached, each for its schemes. A new transport is one more entry.</summary>
    public abstract IReadOnlyList<ITransport> Transports { get; }

    /// <summary>What all sessions of the process share.</summary>
    internal ReassemblyBudget Reassembling { get; } = new();

    /// <summary>A timer that is not armed yet, without the caller's ExecutionContext: the first caller's Activity would live in it for ever.</summary>
    internal ITimer CreateTimer(TimerCallback callback, object state)
    {
        var flows = !ExecutionContext.IsFlowSuppressed();
        if (flows)
            ExecutionContext.SuppressFlow();
        try
        {
            return Time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            if (flows)
                ExecutionContext.RestoreFlow();
        }
    }

    /// <summary>The transport of an endpoint.</summary>
    /// <exception cref="ArgumentException">No transport serves the scheme, or the one that does does not know an option.</exception>
    public ITransport TransportOf(ButlerEndpoint endpoint)
    {
        foreach (var transport in Transports)
        {
            if (!Serves(transport, endpoint.Scheme))
                continue;

            // One that is misspelt must not be passed over: TLS would trust somebody else, or ask nobody for a certificate.
            if (transport.Options is { } known && endpoint.Options.Count > 0 && endpoint.Options.Keys.FirstOrDefault(o => !known.Contains(o) && o is not ("framing" or "protocols")) is { } unknown)
            {
                throw new ArgumentException(
                    $"'{unknown}' of the endpoint '{endpoint}' is no option of {endpoint.Scheme}://; there are: {string.Join(", ", known.Concat(["framing", "protocols"]).Order(StringComparer.Ordinal))}");
            }

            return transport;
        }

        var hint = endpoint.Scheme is "butler" or "amqp" or "amqps" ? "; a broker is reached by BrokerConsumer and BrokerProvider, of the package ButlerRpc.Broker" : "";
        throw new ArgumentException(
            $"no transport serves '{endpoint.Scheme}' of the endpoint '{endpoint}'; there are: {string.Join(", ", Transports.SelectMany(t => t.Schemes))}{hint}");
    }

    /// <summary>The transport of an endpoint that is to be dialled.</summary>
    /// <exception cref="ArgumentException">As of <see cref="TransportOf"/>, or the endpoint cannot be dialled.</exception>
    internal ITransport DiallingTransportOf(ButlerEndpoint endpoint)
    {
        var transport = TransportOf(endpoint);
        transport.EnsureDialable(endpoint);
        return transport;
    }

    static bool Serves(ITransport transport, string scheme)
    {
        foreach (var served in transport.Schemes)
        {
            if (served == scheme)
                return true;
        }

        return false;
    }
}
