using Chat.Client;
using Launching;

namespace Chat.Demo;

/// <summary>
/// A server and three participants, each in a process of its own. In the middle of their talk the server is killed, and another one is started on its port: the
/// participants enter again by themselves, and in the end each has heard every line once, in the same order.
/// </summary>
static class Demonstration
{
    const int Remarks = 40;
    static readonly string[] Names = ["Ada", "Bob", "Cleo"];

    public static async Task<int> RunAsync()
    {
        // Ctrl+C reaches all processes. This one waits for the others, so that their last lines are seen.
        Console.CancelKeyPress += (_, e) => e.Cancel = true;
        var journal = Path.Combine(Path.GetTempPath(), $"butler-chat-{Guid.NewGuid():N}.txt");
        try
        {
            return await RunAsync(journal);
        }
        finally
        {
            File.Delete(journal);
        }
    }

    static async Task<int> RunAsync(string journal)
    {
        await using var first = StartServer("tcp://127.0.0.1:0", journal);
        if (await first.LineAsync("ready on ") is not { } endpoint)
            return await EndedEarlyAsync(first);
        var participants = Names
            .Select(name => ChildProcess.Start("Chat", name, ["join", "--server", endpoint, "--name", name, "--say", $"{Remarks}", "--with", $"{Names.Length}"]))
            .ToList();
        try
        {
            if (await first.LineAsync($"{Names.Length * Remarks / 2} lines") is null)
                return await EndedEarlyAsync(first);
            Console.WriteLine("chat | killing the server in the middle of the talk, and starting another one");
            await first.KillAsync();
            await using var second = StartServer(endpoint, journal);
            if (await second.LineAsync("ready on ") is null)
                return await EndedEarlyAsync(second);
            var codes = await Task.WhenAll(participants.Select(p => p.ExitAsync()));
            second.CloseInput();
            var stopped = await second.ExitAsync();
            return codes.All(c => c == 0) && stopped == 0 && Agree(participants, journal) ? ExitCodes.Done : ExitCodes.Disagreement;
        }
        finally
        {
            foreach (var participant in participants)
                await participant.DisposeAsync();
        }
    }

    static ChildProcess StartServer(string endpoint, string journal) =>
        ChildProcess.Start("Chat", "server", ["serve", "--listen", endpoint, "--journal", journal]);

    static async Task<int> EndedEarlyAsync(ChildProcess server)
    {
        var code = await server.ExitAsync();
        Console.Error.WriteLine("the server ended too early");
        return code != 0 ? code : ExitCodes.Disagreement;
    }

    // Each says which lines it has heard, and in which order; the file of the server has the truth.
    static bool Agree(IReadOnlyList<ChildProcess> participants, string journal)
    {
        var lines = File.ReadAllLines(journal).Select(l => l.Split('\t')).Select(c => new Contracts.Remark(c[0], int.Parse(c[1]), c[2])).ToList();
        var truth = $"heard: {lines.Count} lines, transcript {Transcript.FingerprintOf(lines)}";
        var complete = Names.All(name => lines.Where(l => l.Author == name).Select(l => l.Number).SequenceEqual(Enumerable.Range(1, Remarks)));
        var agree = complete && participants.All(p => p.Lines.Contains(truth));
        Console.WriteLine(agree
            ? $"chat | all {participants.Count} have heard all {lines.Count} lines, each once and in the same order"
            : $"chat | THEY DO NOT AGREE; the server has said: {truth}");
        return agree;
    }
}
