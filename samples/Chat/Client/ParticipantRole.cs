using ButlerRpc;
using Chat.Contracts;
using Microsoft.Extensions.Configuration;

namespace Chat.Client;

static class ParticipantRole
{
    public static async Task<int> RunAsync(IConfiguration options)
    {
        if (options["server"] is not { Length: > 0 } endpoint || options["name"] is not { Length: > 0 } name)
        {
            Console.Error.WriteLine("say where the room is, and who you are: join --server tcp://host:port --name Ada");
            return ExitCodes.Usage;
        }

        var remarks = options.GetValue("say", 0);
        await using var client = ButlerClient.Open(endpoint, new ButlerClientOptions
        {
            // A remark waits for a server that is being started anew, rather than to fail.
            SessionTimeout = TimeSpan.FromSeconds(20),
            CallTimeout = TimeSpan.FromSeconds(30),
            LongestBackoff = TimeSpan.FromSeconds(1),
        });
        var participant = new Participant(client, name, new Screen(quiet: remarks > 0));
        using var leave = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            leave.Cancel();
        };
        var staying = participant.StayAsync(leave.Token);
        var talking = remarks > 0 ? DemonstrateAsync(participant, name, options.GetValue("with", 1), remarks) : Task.Run(() => TalkAsync(participant)); // the console blocks who reads it
        try
        {
            await await Task.WhenAny(staying, talking);
            leave.Cancel();
            await staying;
        }
        catch (ButlerFaultException<NameTaken> e)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.NameTaken;
        }

        var transcript = participant.Transcript;
        Console.WriteLine($"heard: {transcript.Count} lines, transcript {transcript.Fingerprint}");
        Console.WriteLine($"whispers: {string.Join("; ", participant.Whispers.Order().Select(w => $"{w.From}: {w.Text}"))}");
        Console.WriteLine($"entered: {participant.Entered} times");
        return ExitCodes.Done;
    }

    // "/whisper Bob text" is for Bob alone; every other line is said to all.
    static async Task TalkAsync(Participant participant)
    {
        while (Console.ReadLine() is { } line)
        {
            try
            {
                if (line.Split(' ', 3) is ["/whisper", var to, var text])
                    await participant.WhisperAsync(to, text);
                else if (line.Length > 0)
                    await participant.SayAsync(line);
            }
            catch (ButlerException e)
            {
                Console.Error.WriteLine($"not said: {e.Message}");
            }
        }
    }

    // Waits for the others, says so many things, hears what all of them say, and whispers to each.
    static async Task DemonstrateAsync(Participant participant, string name, int members, int remarks)
    {
        await participant.UntilAsync(() => participant.Others.Count() == members - 1);
        var others = participant.Others.ToList();
        for (var i = 1; i <= remarks; i++)
        {
            await participant.SayAsync($"this is my remark {i}");
            await Task.Delay(10);
        }

        await participant.UntilAsync(() => participant.Transcript.Count == members * remarks);
        foreach (var other in others)
            await WhisperUntilHeardAsync(participant, other, $"{name} heard {participant.Transcript.Count} lines");
        await participant.UntilAsync(() => participant.Whispers.Count == members - 1);
    }

    // Somebody may just be on the way in again.
    static async Task WhisperUntilHeardAsync(Participant participant, string to, string text)
    {
        while (true)
        {
            try
            {
                await participant.WhisperAsync(to, text);
                return;
            }
            catch (ButlerFaultException<NotHere>)
            {
                await Task.Delay(50);
            }
        }
    }
}
