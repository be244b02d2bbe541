using System.Net;

namespace ButlerRpc.Platform;

/// <summary>Turns host names into addresses. Asked anew at each dial.</summary>
public interface INameResolver
{
    /// <summary>The addresses of a host, in the order in which they should be tried; at least one.</summary>
    /// <exception cref="System.IO.IOException">The name has no address, or nobody could be asked.</exception>
    ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken);
}
