using System.Globalization;
using System.Text.Json;
using ButlerRpc.Benchmarks.Load.Contestants;

namespace ButlerRpc.Benchmarks.Load.Roles;

/// <summary>
/// The server's process. It says <c>ready port</c> and then answers to lines: <c>compiled</c> tells how many methods the JIT has compiled, <c>mark</c> takes a sample, <c>report</c> says what was used between the last
/// two, the end of the input ends it.
/// </summary>
static class ServerRole
{
    public static async Task<int> RunAsync(string contestant, string row)
    {
        var server = await Contestant.Of(contestant).ServeAsync(Workload.Parse(row));
        Say(string.Create(CultureInfo.InvariantCulture, $"ready {server.Port}"));
        ProcessSample? first = null, last = null;
        while (Console.In.ReadLine() is { } line)
        {
            switch (line)
            {
                case "mark":
                    (first, last) = (last, ProcessSample.Now());
                    Say("marked");
                    break;
                case "compiled":
                    Say(ClientRole.Compiled());
                    break;
                case "report" when first is not null && last is not null:
                    Say(JsonSerializer.Serialize(last - first, PipeJson.Default.ProcessSample));
                    break;
                default:
                    throw new InvalidOperationException($"the coordinator said '{line}'");
            }
        }

        await server.DisposeAsync();
        return 0;
    }

    internal static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
