namespace ButlerRpc.Soak.Site;

/// <summary>A place at which a process runs, one after the other; clients know the fronts before it.</summary>
sealed class Post(string name, Func<Task<Child>> start) : IAsyncDisposable
{
    public string Name => name;

    public Child Child { get; private set; } = null!;

    /// <summary>The descriptors that its process had before anybody came.</summary>
    public long Descriptors { get; private set; }

    public async Task StartAsync()
    {
        Child = await start();
        Descriptors = (await Child.ReportAsync())["descriptors"];
    }

    public async Task ReplaceAsync(bool kill)
    {
        await (kill ? Child.KillAsync() : Child.DrainAsync());
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Child is { HasEnded: false })
            await Child.KillAsync();
    }
}
