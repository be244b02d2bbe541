using System.Collections.Concurrent;

namespace ButlerRpc.Soak.Calls;

/// <summary>What the servers call back.</summary>
sealed class Guest(ISoak api, Findings findings) : IGuest
{
    readonly ConcurrentDictionary<(ulong Session, int Group), int> _heard = new();

    public async ValueTask<int> BackAsync(long id, int depth, CallContext context) =>
        depth == 0 ? 0 : 1 + await api.NestAsync(id + 1, depth - 1, context.CancellationToken);

    public void Heard(int group, int number, byte[] body, CallContext context)
    {
        var session = ButlerSession.Of(context.Peer).Id;
        if (_heard.TryGetValue((session, group), out var last) && last >= number)
            findings.Add($"group {group} on session {session:x}", $"a number above {last}", $"{number} came");
        _heard[(session, group)] = number;
        if (number % 200 == 0)
            Thread.Sleep(5); // now and then it is slow
    }
}
