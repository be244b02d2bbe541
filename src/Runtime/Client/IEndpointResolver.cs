using ButlerRpc.Platform;

namespace ButlerRpc.Client;

/// <summary>Says which endpoints a client uses, and goes on saying so while they change.</summary>
public interface IEndpointResolver
{
    /// <summary>
    /// The endpoints, as often as they change; what is not among them any more is drained. May end, when nothing will change. An exception is logged, and the
    /// watch begins anew after a pause.
    /// </summary>
    IAsyncEnumerable<IReadOnlyList<ButlerEndpoint>> WatchAsync(ButlerPlatform platform, CancellationToken cancellationToken);
}

/// <summary>A list that never changes.</summary>
public sealed class StaticEndpoints(IReadOnlyList<ButlerEndpoint> endpoints) : IEndpointResolver
{
    /// <summary>Reads a list of endpoints separated by commas.</summary>
    public StaticEndpoints(string endpoints)
        : this(ButlerEndpoint.ParseList(endpoints))
    {
    }

    internal IReadOnlyList<ButlerEndpoint> Endpoints => endpoints;

    /// <inheritdoc/>
#pragma warning disable CS1998 // It yields once, and awaits nothing.
    public async IAsyncEnumerable<IReadOnlyList<ButlerEndpoint>> WatchAsync(
        ButlerPlatform platform, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return endpoints;
    }
#pragma warning restore CS1998
}
