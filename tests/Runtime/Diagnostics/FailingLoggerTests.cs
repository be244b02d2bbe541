using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Runtime.Tests.Diagnostics;

/// <summary>A logger is the application's code. One that throws costs its lines, and nothing else.</summary>
[NonParallelizable]
public sealed class FailingLoggerTests
{
    [TestCase(false)]
    [TestCase(true)]
    public void Logger_that_throws_ends_no_session_no_accepting_and_no_dialling_and_is_counted(bool whenAsked)
    {
        using var watcher = new Watcher();
        var logger = new FailingLogger(whenAsked);
        var before = Failures(watcher);
        Simulation.RunMany(5, async sim =>
        {
            var probe = new Probe { Work = static (value, _) => value == 0 ? throw new FormatException("a bug") : new(value) };
            Task<ButlerServer> Serve() => ButlerServer.StartAsync(
                World.Endpoint, s => s.Add(probe), new ButlerServerOptions { Platform = sim.Platform, LoggerFactory = logger });
            var server = await Serve();
            await using var client = await ButlerClient.ConnectAsync(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform, LoggerFactory = logger });

            Assert.That((await Failing.OfAsync(client.CallAsync(Methods.Work, 0))).Status, Is.EqualTo(ButlerStatus.Internal));
            await using (var stranger = await SimPeer.DialAsync(sim.Platform, World.Endpoint))
            {
                await stranger.OfferAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
                await stranger.ReadToEndAsync();
            }

            await using (var peer = await SimPeer.DialAsync(sim.Platform, World.Endpoint))
            {
                await peer.OpenAsync();
                await peer.OfferAsync(Wire.Frame(0x7F, 0, 0, 0, []));
                await peer.ReadToEndAsync();
            }

            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1), "the session goes on");
            await server.DisposeAsync();
            await sim.DelayAsync(TimeSpan.FromSeconds(2)); // some dials fail
            server = await Serve();
            await client.WaitUntilReadyAsync();
            Assert.That(await client.CallAsync(Methods.Work, 2), Is.EqualTo(2), "the client has dialled on, and the server accepts");
            await client.DisposeAsync();
            await server.DisposeAsync();
        });
        Assert.That(logger.Thrown, Is.GreaterThan(20));
        Assert.That(Failures(watcher) - before, Is.EqualTo(logger.Thrown));
    }

    [Test]
    public void Every_logger_that_the_library_makes_is_guarded()
    {
        var lines = Repository.Sources("src").SelectMany(File.ReadLines).Where(l => l.Contains("CreateLogger(", StringComparison.Ordinal)).ToArray();
        Assert.That(lines, Is.Not.Empty);
        Assert.That(lines, Is.All.Contains("new GuardedLogger("));
    }

    static double Failures(Watcher watcher)
    {
        watcher.Collect("butlerrpc.log.failures");
        return watcher.Measured.Single(m => m.Instrument == "butlerrpc.log.failures").Value;
    }

    sealed class FailingLogger(bool whenAsked) : ILoggerFactory, ILogger
    {
        int _thrown;

        public int Thrown => Volatile.Read(ref _thrown);

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => whenAsked ? throw Failure() : true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => throw Failure();

        ObjectDisposedException Failure()
        {
            Interlocked.Increment(ref _thrown);
            return new ObjectDisposedException("the file of the log");
        }
    }
}
