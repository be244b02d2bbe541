namespace ButlerRpc.Soak.Served;

partial class SoakService
{
    readonly ButlerGroup<IGuest>[] _groups = [new(), new(SlowMember.Conflate, queuedBytes: 16 * 1024)];
    volatile int _said;

    /// <summary>Talks to whoever is a member, as fast as a busy feed does.</summary>
    public async Task TalkAsync(CancellationToken cancellationToken)
    {
        var (small, large) = (new byte[2000], new byte[100_000]);
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(5, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (var i = 0; i < 4; i++)
            {
                var number = ++_said;
                for (var group = 0; group < _groups.Length; group++)
                    _groups[group].All.Heard(group, number, number % 100 == 0 ? large : small);
            }
        }
    }
}
