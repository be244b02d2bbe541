using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ButlerRpc.Benchmarks.Load.Contestants;

namespace ButlerRpc.Benchmarks.Load.Roles;

/// <summary>How one process with idle sessions is: those there are, those that ended, the ticks of its timers, what it holds and has used.</summary>
sealed record IdleState(int Sessions, long Ended, long Ticks, long HeapBytes, long WorkingSetBytes, double CpuMicroseconds);

[JsonSerializable(typeof(IdleState))]
sealed partial class IdleJson : JsonSerializerContext;

/// <summary>The two processes of idle sessions. They answer to <c>state</c>; the client connects when it is told to.</summary>
static class IdleRole
{
    const int ConnectingAtOnce = 32;

    public static async Task<int> ServeAsync(int sessions, bool pings)
    {
        var platform = new CountingPlatform();
        await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:0", s => s.Add<IEcho>(new Echo()), new ButlerServerOptions
        {
            MaxConnections = sessions + 100, MaxConnectionsPerAddress = sessions + 100, MaxOpeningPerAddress = 4 * ConnectingAtOnce, Limits = LimitsOf(pings), Platform = platform,
        });
        ServerRole.Say(string.Create(CultureInfo.InvariantCulture, $"ready {server.Endpoints[0].Port}"));
        while (Console.In.ReadLine() is not null)
            Tell(server.Status.Sessions, server.Status.EndedSessions, platform);
        return 0;
    }

    public static async Task<int> CallAsync(int port, int sessions, bool pings)
    {
        var platform = new CountingPlatform();
        var options = new ButlerClientOptions { Limits = LimitsOf(pings), Platform = platform, DialTimeout = TimeSpan.FromSeconds(10), SessionTimeout = TimeSpan.FromSeconds(10) };
        var clients = new ButlerClient[sessions];
        var connected = 0;
        ServerRole.Say("empty");
        while (Console.In.ReadLine() is { } line)
        {
            if (line == "connect")
            {
                await Parallel.ForAsync(0, sessions, new ParallelOptions { MaxDegreeOfParallelism = ConnectingAtOnce }, async (i, _) =>
                {
                    clients[i] = await ButlerClient.ConnectAsync($"tcp://127.0.0.1:{port}", options);
                });
                connected = sessions;
                ServerRole.Say("connected");
            }
            else
            {
                var all = clients.Take(connected).Select(c => c.Statistics).ToArray();
                Tell(all.Sum(s => s.Online), all.Sum(s => s.Dials) - connected, platform); // one that was dialled again had dropped
            }
        }

        await Task.WhenAll(clients.Take(connected).Select(c => c.DisposeAsync().AsTask()));
        return 0;
    }

    static ButlerLimits LimitsOf(bool pings) => pings ? new ButlerLimits() : new ButlerLimits { PingAfter = TimeSpan.FromHours(12) };

    static void Tell(int sessions, long ended, CountingPlatform platform)
    {
        var (memory, sample) = (MemoryUse.Now(), ProcessSample.Now());
        ServerRole.Say(JsonSerializer.Serialize(
            new IdleState(sessions, ended, platform.Ticks, memory.HeapBytes!.Value, memory.WorkingSetBytes, sample.CpuMicroseconds), IdleJson.Default.IdleState));
    }
}
