using ButlerRpc.Calls;
using ButlerRpc.Contracts.Tests.Complaints;
using ButlerRpc.Testing;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Contracts.Tests.Pipeline;

/// <summary>What the shipped interceptors write, and what interceptors see of streams.</summary>
sealed class LoggingTests
{
    const string Endpoint = "tcp://127.0.0.1:9000";

    [Test]
    public void Both_ends_log_how_a_call_begins_and_how_it_fails_even_when_its_handler_throws_at_once() => RunMany(async (desk, client, atClient, atServer) =>
    {
        desk.Work = static (value, _) => value > 0 ? new(value) : throw new ButlerException(ButlerStatus.NotFound, "secret text");
        await client.WorkAsync(1);
        await DeskWorld.FailureAsync<ButlerException>(async () => await client.WorkAsync(0));

        const string method = "ButlerRpc.Contracts.Tests.Complaints.IDesk.WorkAsync";
        string[] expected = [$"Debug {method} begins", $"Debug {method} begins", $"Information {method} ended with NotFound (Executed)"];
        Assert.That(atClient.Lines, Is.EqualTo(expected));
        expected[2] = $"Information {method} ended with NotFound (Unknown)"; // what the handler threw; the session makes Executed of it
        Assert.That(atServer.Lines.Select(l => l.Replace("(Executed)", "(Unknown)")), Is.EqualTo(expected));
    });

    [Test]
    public void Both_ends_log_streams_when_they_are_enumerated_and_when_they_fail_behind_their_items() => RunMany(async (desk, client, atClient, atServer) =>
    {
        desk.Count = static (_, _) => FailAsync();
        var items = client.CountAsync(0);
        Assert.That(atClient.Lines, Is.Empty, "nobody has enumerated yet");
        var read = new List<int>();
        await DeskWorld.FailureAsync<ButlerException>(async () =>
        {
            await foreach (var item in items)
                read.Add(item);
        });
        Assert.That(read, Is.EqualTo(new[] { 7 }));
        foreach (var log in new[] { atClient, atServer })
        {
            Assert.That(log.Lines, Has.Count.EqualTo(2));
            Assert.That(log.Lines[0], Is.EqualTo("Debug ButlerRpc.Contracts.Tests.Complaints.IDesk.CountAsync begins"));
            Assert.That(log.Lines[1], Does.StartWith("Information ButlerRpc.Contracts.Tests.Complaints.IDesk.CountAsync ended with DataLoss"));
        }
    });

    [Test]
    public void Interceptors_see_and_change_the_items_of_a_stream_on_both_ends() => Simulation.RunMany(20, async sim =>
    {
        await using var server = await ButlerServer.StartAsync(
            Endpoint, s => s.Use(new Doubling()).Add<IDesk>(new Desk()), new ButlerServerOptions { Platform = sim.Platform });
        await using var client = await ButlerClient.ConnectAsync(Endpoint, new ButlerClientOptions { Platform = sim.Platform, Interceptors = [new Adding()] });
        var read = new List<int>();
        await foreach (var item in client.Create<IDesk>().CountAsync(4))
            read.Add(item);
        Assert.That(read, Is.EqualTo(new[] { 1, 3, 5, 7 }));
    });

    static void RunMany(Func<Desk, IDesk, LogBook, LogBook, Task> test) => Simulation.RunMany(20, async sim =>
    {
        var (desk, atClient, atServer) = (new Desk(), new LogBook(), new LogBook());
        await using var server = await ButlerServer.StartAsync(
            Endpoint, s => s.Use(new ServerLoggingInterceptor(atServer)).Add<IDesk>(desk), new ButlerServerOptions { Platform = sim.Platform });
        await using var client = await ButlerClient.ConnectAsync(
            Endpoint, new ButlerClientOptions { Platform = sim.Platform, Interceptors = [new ClientLoggingInterceptor(atClient)] });
        await test(desk, client.Create<IDesk>(), atClient, atServer);
        Assert.That(atClient.Lines.Concat(atServer.Lines), Has.None.Contains("secret"));
    });

    static async IAsyncEnumerable<int> FailAsync()
    {
        yield return 7;
        await Task.CompletedTask;
        throw new ButlerException(ButlerStatus.DataLoss, "secret text");
    }

    static async IAsyncEnumerable<TItem> Each<TItem>(IAsyncEnumerable<TItem> items, Func<int, int> change)
    {
        await foreach (var item in items)
            yield return (TItem)(object)change((int)(object)item!);
    }

    sealed class Doubling : ServerInterceptor
    {
        public override IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
            Method<TRequest, TItem> method, TRequest request, CallContext context, Func<TRequest, CallContext, IAsyncEnumerable<TItem>> next) =>
            Each(next(request, context), static i => i * 2);
    }

    sealed class Adding : ClientInterceptor
    {
        public override IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
            Method<TRequest, TItem> method, TRequest request, CallContext context, Func<TRequest, CallContext, IAsyncEnumerable<TItem>> next) =>
            Each(next(request, context), static i => i + 1);
    }

    sealed class LogBook : ILoggerFactory, ILogger
    {
        readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines => _lines;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Add($"{logLevel} {formatter(state, exception)}");
    }
}
