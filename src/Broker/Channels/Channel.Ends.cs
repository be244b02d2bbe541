namespace ButlerRpc.Broker.Channels;

// Who serves the channel, and which of them gets a call.
sealed partial class Channel
{
    readonly List<IProviderEnd> _providers = [];
    int _turn;

    enum Choice
    {
        Found,

        /// <summary>All of them have as much as they take.</summary>
        Full,

        /// <summary>Nobody serves the channel, or nobody what is asked for.</summary>
        NoProvider,

        /// <summary>Those who serve it have another shape of the method, which the consumer has not accepted.</summary>
        Differs,

        /// <summary>The one that the call keeps to has as much as it takes.</summary>
        KeptIsFull,
    }

    public int ProviderCount => _providers.Count;

    // Not every provider takes every call: one that finds no room says nothing about the calls behind it.
    bool IsMixed => _mayDiffer || (_providers.Exists(p => p.RawOnly) && _providers.Exists(p => !p.RawOnly));

    /// <summary>Calls that providers have.</summary>
    public int InFlight
    {
        get
        {
            lock (_gate)
                return _providers.Sum(p => p.InFlight);
        }
    }

    /// <summary>Consumers that are attached.</summary>
    public int Consumers { get; set; }

    /// <summary>One more provider: what waits may go to it.</summary>
    public void AddProvider(IProviderEnd provider)
    {
        _providers.Add(provider);
        Pump();
        PumpNotices();
    }

    /// <summary>It has gone; the calls that it had are its own business.</summary>
    public void RemoveProvider(IProviderEnd provider)
    {
        if (_providers.Remove(provider))
        {
            OnProviderLeft();
            PumpNotices();
        }
    }

    // The one with the fewest calls; equals take turns. A call with a key keeps to one provider as long as that one stays: rendezvous hashing moves only the keys of
    // those that come and go.
    Choice Choose(RelayedCall call, out IProviderEnd? provider)
    {
        provider = null;
        var providers = _providers;
        var count = providers.Count;
        if (count == 0)
            return Choice.NoProvider;
        if (call.Key != 0)
            return ChooseKept(call, out provider);
        var (any, least) = (false, int.MaxValue);
        IProviderEnd? differing = null;
        var first = (int)((uint)_turn++ % (uint)count);
        for (var i = 0; i < count; i++)
        {
            var index = first + i;
            var candidate = providers[index < count ? index : index - count];
            if (!Serves(candidate, call))
                continue;
            if (!Fits(candidate, call))
            {
                differing = candidate;
                continue;
            }

            any = true;
            var load = candidate.InFlight;
            if (load >= least || !candidate.HasRoom)
                continue;
            (provider, least) = (candidate, load);
        }

        if (provider is not null)
            return Choice.Found;
        if (any)
            return Choice.Full;
        provider = differing;
        return differing is null ? Choice.NoProvider : Choice.Differs;
    }

    Choice ChooseKept(RelayedCall call, out IProviderEnd? provider)
    {
        provider = null;
        var highest = 0UL;
        IProviderEnd? differing = null;
        foreach (var candidate in _providers)
        {
            if (!Serves(candidate, call))
                continue;
            if (!Fits(candidate, call))
            {
                differing = candidate;
                continue;
            }

            var weight = Mix(call.Key ^ candidate.Id);
            if (provider is not null && weight <= highest)
                continue;
            (provider, highest) = (candidate, weight);
        }

        if (provider is not null)
            return provider.HasRoom ? Choice.Found : Choice.KeptIsFull;
        provider = differing;
        return differing is null ? Choice.NoProvider : Choice.Differs;
    }

    static bool Serves(IProviderEnd provider, RelayedCall call) => !provider.RawOnly || call.Method == RawMethod.Code;

    static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
