using System.Globalization;
using System.Text.Json;
using ButlerRpc.Benchmarks.Load.Contestants;

namespace ButlerRpc.Benchmarks.Load.Roles;

/// <summary>
/// The server's process. It says <c>ready port</c> and then answers to lines: <c>compiled</c> tells how many methods the JIT has compiled, <c>mark</c> takes a
/// sample, <c>report</c> says what was used between the last two and what is held now, the end of the input ends it.
/// </summary>
static class ServerRole
{
    public static async Task<int> RunAsync(string contestant, string row)
    {
        await using var server = await DotNetContestant.Of(contestant).ServeAsync(Workload.Parse(row));
        Say(string.Create(CultureInfo.InvariantCulture, $"ready {server.Port}"));
        Answer(ProcessSample.Now, MemoryUse.Now);
        return 0;
    }

    internal static void Answer(Func<ProcessSample> sample, Func<MemoryUse> memory)
    {
        ProcessSample? first = null, last = null;
        while (Console.In.ReadLine() is { } line)
        {
            switch (line)
            {
                case "mark":
                    (first, last) = (last, sample());
                    Say("marked");
                    break;
                case "compiled":
                    Say(ClientRole.Compiled());
                    break;
                case "report" when first is not null && last is not null:
                    Say(JsonSerializer.Serialize(new ServerReport(last - first, memory()), PipeJson.Default.ServerReport));
                    break;
                default:
                    throw new InvalidOperationException($"the coordinator said '{line}'");
            }
        }
    }

    internal static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
