using System.Runtime.CompilerServices;
using ButlerRpc.Platform;

namespace ButlerRpc.Client;

/// <summary>
/// The endpoints that a file lists, one per line; empty lines and lines that begin with # do not count. The file is read again and again; while it is missing
/// or wrong, what it said last goes on to hold.
/// </summary>
public sealed class FileEndpoints : IEndpointResolver
{
    readonly string _path;
    readonly TimeSpan _interval;

    /// <summary>Watches a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="interval">The time between two looks. Default 2 s.</param>
    public FileEndpoints(string path, TimeSpan? interval = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        _interval = interval ?? TimeSpan.FromSeconds(2);
        OptionRange.Positive(nameof(FileEndpoints), nameof(interval), _interval);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<IReadOnlyList<ButlerEndpoint>> WatchAsync(
        ButlerPlatform platform, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(platform);
        string? known = null;
        while (true)
        {
            // Read in one go, and synchronously: it is small, and a simulation must not leave its thread.
            var text = File.ReadAllText(_path);
            if (text != known)
            {
                known = text;
                yield return Parse(text);
            }

            await Task.Delay(_interval, platform.Time, cancellationToken);
        }
    }

    ButlerEndpoint[] Parse(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#').ToArray();
        return lines.Length > 0 ? lines.Select(ButlerEndpoint.Parse).ToArray() : throw new IOException($"{_path} lists no endpoint");
    }
}
