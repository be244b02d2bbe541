namespace ButlerRpc;

/// <summary>How a consumer or a provider connects to a broker. Immutable.</summary>
public sealed record BrokerConnectionOptions
{
    /// <summary>
    /// How it dials, calls and retries. Default: as every client, with messages of 16 MiB. An idempotent call whose provider has gone is made again as its
    /// <see cref="ButlerClientOptions.Retry"/> says.
    /// </summary>
    public ButlerClientOptions Client { get; init; } = new() { Limits = new ButlerLimits { MessageBytes = 16 << 20, ReassemblyWindowBytes = 32 << 20 } };

    /// <summary>
    /// How long a consumer's calls wait for a provider when there is none; the broker may make it shorter (<see cref="ButlerBrokerOptions.LongestProviderWait"/>), and so does a call's
    /// deadline. Default 0: they fail at once, Unavailable, NoProvider. At most one hour.
    /// </summary>
    public TimeSpan ProviderWait { get; init; }

    /// <summary>Brokers of other kinds that an endpoint may name, by its scheme. Default: none but <c>butler://…</c>.</summary>
    public IReadOnlyList<BrokerCarrier> Carriers { get; init; } = [];

    /// <summary>Throws when an option is outside its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the option, its value and its range.</exception>
    public void Validate()
    {
        const string Me = nameof(BrokerConnectionOptions);
        if (ProviderWait < TimeSpan.Zero || ProviderWait > TimeSpan.FromHours(1))
            throw new ArgumentOutOfRangeException(nameof(ProviderWait), ProviderWait, $"{Me}.{nameof(ProviderWait)} must be 0 to one hour");
        OptionRange.Present(Me, nameof(Carriers), Carriers);
        OptionRange.Present(Me, nameof(Client), Client);
        Client.Validate();
    }
}
