using ButlerRpc.Platform;
using ButlerRpc.Transport;

namespace ButlerRpc.Client;

/// <summary>One attempt to connect.</summary>
static class Dialler
{
    /// <summary>Connects within a time, by the endpoint's transport or in the user's own way.</summary>
    /// <exception cref="IOException">It could not; the message says why.</exception>
    public static async ValueTask<Connection> DialAsync(
        ButlerPlatform platform, ButlerEndpoint endpoint, TimeSpan within, Func<CancellationToken, ValueTask<Stream>>? own, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(within, platform.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return own is null
                ? await platform.TransportOf(endpoint).DialAsync(endpoint, platform, either.Token)
                : new OwnedStreamConnection(await own(either.Token), endpoint.ToString());
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{endpoint} did not answer within {within.TotalSeconds:0.###} s");
        }
        catch (Exception e) when (own is not null && e is not (OperationCanceledException or IOException))
        {
            throw new IOException($"{endpoint} could not be reached: {e.Message}", e);
        }
    }
}
