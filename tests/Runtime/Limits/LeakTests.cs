using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Limits;

/// <summary>What very many calls and connections leave behind: nothing.</summary>
[NonParallelizable]
public sealed class LeakTests
{
    const int Tolerance = 2 << 20;

    [TestCase(false)]
    [TestCase(true)]
    public void Upload_that_ends_while_it_is_started_is_not_held_by_its_callers_token(bool answered)
    {
        using var cancellation = new CancellationTokenSource();
        var items = Upload();
        GC.Collect();
        Assert.That(items.IsAlive, Is.False);

        [MethodImpl(MethodImplOptions.NoInlining)]
        WeakReference Upload()
        {
            var upload = new EndsAtOnce(answered).SumAsync(Items.RangeAsync(3), cancellation.Token).AsTask();
            Assert.That((upload.IsCompleted, upload.IsFaulted), Is.EqualTo((true, !answered)));
            _ = upload.Exception;
            return new WeakReference(upload);
        }
    }

    [Test]
    public void Hundred_thousand_cancelled_calls_leave_no_slot_buffer_timer_or_task_behind()
    {
        Simulation.Run(1, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            sim.Network.Records = false;
            var world = await World.StartAsync(sim, o => o with { Limits = new ButlerLimits { AbusePerSecond = 100_000_000, AbuseBurst = 1_000_000_000 } });
            world.Probe.Work = async (value, context) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, context.CancellationToken);
                return value;
            };
            var client = await world.ConnectAsync();
            await CancelAsync(2000);
            var before = Heap();
            await CancelAsync(100_000);
            var session = world.Server.Sessions[0];
            Assert.That((session.Statistics.Serving, client.Session!.InFlight, client.Session.Waiting, session.QueuedBytes), Is.EqualTo((0L, 0, 0, 0L)));
            Assert.That(client.Session.Statistics.CallsCancelled, Is.EqualTo(102_000));
            Assert.That(Heap() - before, Is.LessThan(Tolerance));
            await client.DisposeAsync();
            await world.Server.DisposeAsync();
            await sim.DelayAsync(TimeSpan.FromSeconds(2)); // a connection is ended beside its session
            Assert.That((sim.Time.ArmedTimers, sim.Network.OpenConnections), Is.EqualTo((0, 0)));

            async Task CancelAsync(int calls)
            {
                const int AtOnce = 500;
                var cancelled = 0;
                for (var i = 0; i < calls; i += AtOnce)
                {
                    using var cancellation = new CancellationTokenSource();
                    var running = Enumerable.Range(0, AtOnce).Select(n => client.CallAsync(Methods.Work, n, cancellation.Token)).ToArray();
                    await sim.SettleAsync();
                    cancellation.Cancel();
                    foreach (var call in running)
                    {
                        try
                        {
                            await call;
                        }
                        catch (OperationCanceledException)
                        {
                            cancelled++;
                        }
                    }

                    await sim.SettleAsync();
                }

                Assert.That(cancelled, Is.EqualTo(calls));
            }
        }, new SimulationOptions { MostSteps = 100_000_000 });
    }

    [Test]
    public void Ten_thousand_connects_and_disconnects_half_of_them_by_reset_leave_nothing_behind()
    {
        Simulation.Run(1, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            sim.Network.Records = false;
            var world = await World.StartAsync(sim);
            await ConnectAsync(500);
            var before = Heap();
            await ConnectAsync(10_000);
            Assert.That((world.Server.SessionCount, sim.Network.OpenConnections, sim.Platform.Reassembling.Bytes), Is.EqualTo((0, 0, 0L)));
            Assert.That(Heap() - before, Is.LessThan(Tolerance));
            await world.Server.DisposeAsync();
            Assert.That(sim.Time.ArmedTimers, Is.Zero);

            async Task ConnectAsync(int connections)
            {
                for (var i = 0; i < connections; i++)
                {
                    var peer = await world.OpenRawAsync();
                    if (i % 4 < 2)
                        await peer.SendAsync(Wire.Frame(Wire.Request, 0, 2, Wire.CallId(0), 42), Wire.Frame(Wire.Request, Wire.Total | Wire.More, 6, Wire.CallId(1), [200, 0, 0, 0, 1]));
                    if (i % 2 == 0)
                        sim.Network.Links[^1].Reset();
                    await peer.DisposeAsync();
                    await sim.SettleAsync();
                    sim.Network.Links.Clear();
                    world.Log.Lines.Clear();
                }

                await sim.DelayAsync(TimeSpan.FromSeconds(10));
            }
        }, new SimulationOptions { MostSteps = 100_000_000 });
    }

    // What only real sockets have: descriptors, and resets that come at any moment.
    [Test]
    public async Task Ten_thousand_real_connects_and_disconnects_half_of_them_by_reset_leave_no_descriptor_or_buffer_behind()
    {
        if (!Directory.Exists("/proc/self/fd"))
            Assert.Ignore("descriptors are counted in /proc");
        var platform = new HandPlatform();
        var many = new ButlerServerOptions { Platform = platform, MaxConnectionsPerAddress = 10_000, MaxOpeningPerAddress = 10_000 };
        await using var server = await ButlerServer.StartAsync("tcp://127.0.0.1:0", s => s.Add(new Probe()), many);
        await using var client = await ButlerClient.ConnectAsync(server.Endpoints[0].ToString(), Patient.Client);
        await ConnectAsync(500);
        await QuietAsync(500);
        var (heap, descriptors, timers) = (Heap(), Descriptors(), platform.Time.ArmedTimers);
        await ConnectAsync(10_000);
        await QuietAsync(10_500);
        Assert.That(Heap() - heap, Is.LessThan(Tolerance));
        Assert.That((Descriptors(), platform.Time.ArmedTimers), Is.EqualTo((descriptors, timers)));

        async Task ConnectAsync(int connections)
        {
            byte[] opening = [.. Wire.Preface, .. Wire.HelloFrame()];
            byte[] call = [.. opening, .. Wire.Frame(Wire.Request, 0, 2, Wire.CallId(0), 42)];
            byte[] unfinished = [.. opening, .. Wire.Frame(Wire.Request, Wire.Total | Wire.More, 6, Wire.CallId(1), [200, 0, 0, 0, 1])];
            var (port, answer) = (server.Endpoints[0].Port, new byte[1000]);
            for (var i = 0; i < connections; i++)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port);
                await socket.SendAsync(i % 4 < 2 ? call : unfinished);
                Assert.That(await socket.ReceiveAsync(answer), Is.GreaterThan(0), "it was welcomed");
                if (i % 2 == 0)
                    socket.LingerState = new LingerOption(true, 0); // a reset
            }
        }

        // What is waited for is looked at after each piece of work; the client's calls make some.
        async Task QuietAsync(long ended)
        {
            var quiet = platform.UntilAsync(() => server.Status is var status && status.EndedSessions == ended
                && (status.Sessions, status.Connections, server.SessionCount) == (1, 1, 1) && platform.Reassembling.Bytes == 0);
            while (!quiet.IsCompleted)
                Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1));
            await quiet;
        }
    }

    // The runtime opens some of its own now and then, but no sockets.
    static int Descriptors() => new DirectoryInfo("/proc/self/fd").GetFileSystemInfos().Count(d => d.LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);

    static long Heap()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    sealed class EndsAtOnce(bool answered) : CallInvoker
    {
        protected internal override void Start(ClientCall call)
        {
            if (answered)
                call.Complete([5]);
            else
                call.Fail(new ButlerException(ButlerStatus.Unavailable, "there is nobody"));
        }
    }
}
