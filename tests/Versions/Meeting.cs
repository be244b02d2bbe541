using ButlerRpc.Calls;

namespace ButlerRpc.Versions.Tests;

/// <summary>One service as two builds know it, each side served and called by the other over a running session.</summary>
sealed class Meeting<TOld, TNew> : IAsyncDisposable
    where TOld : class, IButlerContract<TOld>
    where TNew : class, IButlerContract<TNew>
{
    static int s_count;

    readonly List<IAsyncDisposable> _parts = [];

    /// <summary>Called by a program that was built with the old contract, served by one that was built with the new.</summary>
    public TOld OldCaller { get; set; } = null!;

    /// <summary>The other way round.</summary>
    public TNew NewCaller { get; set; } = null!;

    public static async Task<Meeting<TOld, TNew>> StartAsync(TOld oldService, TNew newService)
    {
        var meeting = new Meeting<TOld, TNew>();
        meeting.OldCaller = (await meeting.ConnectAsync(s => s.Add<TNew>(newService))).Create<TOld>();
        meeting.NewCaller = (await meeting.ConnectAsync(s => s.Add<TOld>(oldService))).Create<TNew>();
        return meeting;
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _parts.Count - 1; i >= 0; i--)
            await _parts[i].DisposeAsync();
    }

    async Task<ButlerClient> ConnectAsync(Action<ServiceTable> services)
    {
        var endpoint = $"mem://versions-{typeof(TOld).Name}-{Interlocked.Increment(ref s_count)}";
        _parts.Add(await ButlerServer.StartAsync(endpoint, services));
        var client = await ButlerClient.ConnectAsync(endpoint);
        _parts.Add(client);
        return client;
    }
}
