using ButlerRpc.Broker;
using ButlerRpc.Soak.Calls;

namespace ButlerRpc.Soak.Served;

/// <summary>What a process of the run is, other than the one that makes the calls and judges.</summary>
static class Roles
{
    static readonly ButlerLimits Limits = new() { MessageBytes = 16 << 20, ReassemblyWindowBytes = 32 << 20 };

    public static async Task ServeAsync(string journal, string endpoints)
    {
        using var calls = Journal.Open(journal);
        var service = new SoakService(calls);
        var options = new ButlerServerOptions { Limits = Limits, MaxConnectionsPerAddress = 10_000, MaxOpeningPerAddress = 1000, LoggerFactory = new ErrorLog() };
        await using var server = await ButlerServer.StartAsync(endpoints, s => s.Add<ISoak>(service).Add<IPackets>(service).Use(new WaitingInterceptor()), options);
        using var silence = new CancellationTokenSource();
        var talk = service.TalkAsync(silence.Token);
        await AttendAsync(string.Join(',', server.Endpoints), () =>
        {
            var status = server.Status;
            return $"open={service.Open} connections={status.Connections} queued={status.QueuedBytes} calls={status.CallsInFlight} callbacks={status.CallbacksInFlight}";
        });
        await server.StopAsync();
        await silence.CancelAsync();
        await talk;
    }

    public static async Task BrokerAsync(string endpoints)
    {
        await using var broker = await ButlerBroker.StartAsync(endpoints, new ButlerBrokerOptions { MaxConnectionsPerAddress = 10_000, LoggerFactory = new ErrorLog() });
        await AttendAsync(string.Join(',', broker.Endpoints), () =>
        {
            var counted = broker.Statistics;
            return $"connections={counted.Consumers} queued={counted.QueuedBytes} waiting={counted.QueuedCalls} calls={counted.InFlight} dropped={counted.NotifiesDropped}";
        });
    }

    public static async Task ProvideAsync(string journal, string endpoints)
    {
        using var calls = Journal.Open(journal);
        var service = new SoakService(calls);
        var options = new BrokerConnectionOptions();
        options = options with { Client = options.Client with { LongestBackoff = TimeSpan.FromMilliseconds(200), LoggerFactory = new ErrorLog() } };
        await using var provider = await ConnectedAsync(() => BrokerProvider.ConnectAsync(endpoints, s => s.Add<ISoak>(service), options));
        await AttendAsync(endpoints, () => $"open={service.Open}");
    }

    /// <summary>A client that may be killed or stand still at any moment.</summary>
    public static async Task VisitAsync(string journal, string endpoints, int seed, IdRange ids, Findings findings)
    {
        using var calls = Journal.Open(journal);
        await using var route = endpoints.StartsWith("butler:", StringComparison.Ordinal)
            ? await ConnectedAsync(() => Route.ConsumeAsync("guest", endpoints, Route.Calm))
            : Route.Open("guest", endpoints, findings, Route.Calm);
        var callers = new Callers(new Settings { Seed = seed, Workers = 4 }, [route], calls, findings, ids);
        callers.Start();
        await AttendAsync(endpoints, () => $"calls={callers.Made}");
        await callers.EndAsync();
    }

    // Connections break in this very moment, too.
    static async Task<T> ConnectedAsync<T>(Func<Task<T>> connect)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await connect();
            }
            catch (ButlerException e) when (e.Status == ButlerStatus.Unavailable && tries < 20)
            {
                await Task.Delay(100);
            }
        }
    }

    static async Task AttendAsync(string endpoints, Func<string> report)
    {
        Console.WriteLine(endpoints);
        while (await Console.In.ReadLineAsync() is not null)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Console.WriteLine($"report {report()} heap={GC.GetTotalMemory(forceFullCollection: true)} descriptors={Directory.GetFileSystemEntries("/proc/self/fd").Length}");
        }
    }
}
