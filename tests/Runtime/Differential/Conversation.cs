using System.Globalization;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Differential;

/// <summary>What a caller does with the other end, drawn from a seed before it is done: the same twice, directly and over a session.</summary>
sealed class Conversation
{
    readonly List<Step> _steps = [];

    enum Kind
    {
        Work,
        Count,
        Sum,
        Talk,
    }

    public static List<Conversation> DrawMany(SimRandom random)
    {
        var conversations = new List<Conversation>();
        for (var count = 1 + random.Next(4); count > 0; count--)
        {
            var conversation = new Conversation();
            for (var steps = 1 + random.Next(4); steps > 0; steps--)
                conversation._steps.Add(Draw(random));
            conversations.Add(conversation);
        }

        return conversations;
    }

    /// <summary>Has it, and gives a line per step.</summary>
    public async Task<List<string>> HaveAsync(IParty other, Party self)
    {
        var lines = new List<string>();
        foreach (var step in _steps)
            lines.Add($"{step}: {await TryAsync(step, other, self)}");
        return lines;
    }

    static Step Draw(SimRandom random)
    {
        var kind = (Kind)random.Next(4);
        var value = 1 + random.Next(500);
        var items = kind == Kind.Count ? Party.ItemsOf(value) : random.Next(60);
        var cuts = (kind == Kind.Count && Party.IsEndless(value)) || (kind is Kind.Count or Kind.Talk && random.Chance(0.3));
        // A cancel shows in the same place on both sides only where the stream cannot end before it is seen.
        var cancels = kind == Kind.Count && Party.IsEndless(value) && random.Chance(0.5);
        var take = cuts ? random.Next(items + 1) : int.MaxValue;
        return new Step(kind, value, items, take, cancels, kind == Kind.Sum && items < 40 && random.Chance(0.3));
    }

    static async Task<string> TryAsync(Step step, IParty other, Party self)
    {
        var line = new List<string>();
        using var source = new CancellationTokenSource();
        try
        {
            switch (step.Kind)
            {
                case Kind.Work:
                    line.Add((await other.Work(step.Value, source.Token)).ToString(CultureInfo.InvariantCulture));
                    break;
                case Kind.Sum:
                    var numbers = self.RangeAsync(step.Items, step.Fails ? new InvalidDataException($"line {step.Items}") : null);
                    line.Add((await other.Sum(numbers, source.Token)).ToString(CultureInfo.InvariantCulture));
                    break;
                case Kind.Count:
                    await ReadAsync(other.Count(step.Value, source.Token), step, line, source);
                    break;
                case Kind.Talk:
                    await ReadAsync(other.Talk(step.Value % 3, self.RangeAsync(step.Items, null), source.Token), step, line, source);
                    break;
            }

            line.Add("done");
        }
        catch (ButlerException e)
        {
            line.Add($"{e.Status} '{e.Message}'");
        }
        catch (InvalidDataException e)
        {
            line.Add(e.Message);
        }
        catch (OperationCanceledException e)
        {
            line.Add(e.CancellationToken == source.Token || step.Cancels ? "cancelled" : "cancelled by somebody else");
        }

        return string.Join(' ', line);
    }

    static async Task ReadAsync(IAsyncEnumerable<int> items, Step step, List<string> line, CancellationTokenSource source)
    {
        await using var reader = items.GetAsyncEnumerator();
        for (var read = 0; ; read++)
        {
            if (read == step.Take)
            {
                if (!step.Cancels)
                    return;
                source.Cancel();
            }

            if (!await reader.MoveNextAsync())
                return;
            if (read < step.Take)
                line.Add(reader.Current.ToString(CultureInfo.InvariantCulture));
        }
    }

    sealed record Step(Kind Kind, int Value, int Items, int Take, bool Cancels, bool Fails);
}
