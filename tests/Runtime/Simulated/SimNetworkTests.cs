using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Simulated;

public class SimNetworkTests
{
    static readonly byte[] Hundred = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];

    [Test]
    public void Bytes_arrive_whole_and_in_order_however_they_are_cut_up()
    {
        Simulation.RunMany(200, async sim =>
        {
            sim.Network.BufferBytes = 1 + sim.Random.Next(300);
            sim.Network.LatencyMax = TimeSpan.FromMilliseconds(sim.Random.Next(3));
            var (client, server) = await SimulationTests.ConnectAsync(sim);
            var sending = sim.Start(async () =>
            {
                for (var i = 0; i < 10; i++)
                    await client.SendAsync(Hundred);
                client.Connection.CloseWrite();
            });
            var all = await server.ReadToEndAsync();
            Assert.That(all, Is.EqualTo(Enumerable.Repeat(Hundred, 10).SelectMany(b => b)));
            await sending;
        });
    }

    [Test]
    public void Receive_without_a_buffer_waits_until_something_is_there()
    {
        Simulation.RunMany(50, async sim =>
        {
            var (client, server) = await SimulationTests.ConnectAsync(sim);
            var waiting = server.Connection.ReceiveAsync(default).AsTask();
            await sim.SettleAsync();
            Assert.That(waiting.IsCompleted, Is.False);
            await client.SendAsync([9]);
            Assert.That(await waiting, Is.Zero);
            await server.ExpectAsync([9]);
        });
    }

    [Test]
    public void Send_waits_for_a_reader_when_the_buffer_is_full()
    {
        Simulation.RunMany(50, async sim =>
        {
            sim.Network.BufferBytes = 64;
            var (client, server) = await SimulationTests.ConnectAsync(sim);
            var sending = client.SendAsync(Hundred);
            await sim.SettleAsync();
            Assert.That(sending.IsCompleted, Is.False);
            await server.ExpectAsync(Hundred);
            await sending;
        });
    }

    [Test]
    public void Held_sends_go_one_by_one_as_they_are_released()
    {
        Simulation.RunMany(50, async sim =>
        {
            var (client, server) = await SimulationTests.ConnectAsync(sim);
            var pipe = sim.Network.Links[0].ToServer;
            pipe.Hold();
            var sending = client.SendAsync(Hundred);
            await sim.SettleAsync();
            Assert.That(sending.IsCompleted, Is.False);
            Assert.That(pipe.BytesDelivered, Is.Zero);
            pipe.Release();
            await sending;
            sending = client.SendAsync(Hundred);
            await sim.SettleAsync();
            Assert.That(sending.IsCompleted, Is.False);
            pipe.Open();
            await sending;
            await client.SendAsync(Hundred);
            await server.ReadAsync(300);
            Assert.That(pipe.SendSizes, Is.EqualTo(new[] { 100, 100, 100 }));
            Assert.That(pipe.Recorded, Is.EqualTo(Enumerable.Repeat(Hundred, 3).SelectMany(b => b)));
        });
    }

    [Test]
    public void Cut_lets_exactly_so_many_bytes_through()
    {
        foreach (var kind in new[] { SimCut.Fin, SimCut.Reset })
        {
            for (var cut = 0; cut <= 100; cut++)
            {
                Simulation.Run((ulong)cut + 1, async sim =>
                {
                    sim.Network.OnLink = link => link.ToServer.CutAfter(cut, kind);
                    var (client, server) = await SimulationTests.ConnectAsync(sim);
                    var sending = client.Connection.SendAsync(Hundred).AsTask();
                    Assert.That(await server.ReadToEndAsync(), Is.EqualTo(Hundred.Take(cut)));
                    await sending.ContinueWith(_ => { }, TaskScheduler.FromCurrentSynchronizationContext());
                    Assert.That(await client.ReadToEndAsync(), Is.Empty);
                    await AssertBrokenAsync(client.Connection.SendAsync(Hundred));
                });
            }
        }
    }

    [Test]
    public void Abort_fails_what_is_pending_on_both_ends()
    {
        Simulation.RunMany(50, async sim =>
        {
            sim.Network.BufferBytes = 10;
            var (client, server) = await SimulationTests.ConnectAsync(sim);
            var receiving = client.Connection.ReceiveAsync(new byte[1]).AsTask();
            var sending = server.Connection.SendAsync(Hundred).AsTask();
            _ = await receiving;
            receiving = server.Connection.ReceiveAsync(new byte[1]).AsTask();
            client.Connection.Abort();
            await AssertBrokenAsync(new ValueTask(receiving));
            await AssertBrokenAsync(new ValueTask(sending));
            Assert.That(sim.Network.OpenConnections, Is.EqualTo(1));
        });
    }

    [Test]
    public void Stalled_pipe_delivers_when_it_is_resumed()
    {
        Simulation.RunMany(50, async sim =>
        {
            var (client, server) = await SimulationTests.ConnectAsync(sim);
            var link = sim.Network.Links[0];
            link.Stall();
            await client.SendAsync(Hundred);
            var reading = server.ReadAsync(100);
            await sim.DelayAsync(TimeSpan.FromMinutes(1));
            Assert.That(reading.IsCompleted, Is.False);
            link.Resume();
            Assert.That(await reading, Is.EqualTo(Hundred));
        });
    }

    [Test]
    public void Partition_hangs_dials_and_links_until_it_is_healed()
    {
        Simulation.RunMany(20, async sim =>
        {
            await using var listener = await SimPeer.ListenAsync(sim.Platform, "tcp://127.0.0.1:5");
            var client = await SimPeer.DialAsync(sim.Platform, "tcp://127.0.0.1:5");
            var server = await SimPeer.AcceptAsync(listener);
            var place = sim.Network.At("tcp://127.0.0.1:5");
            place.Partition();
            await client.SendAsync(Hundred);
            using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3), sim.Time);
            var endpoint = Platform.ButlerEndpoint.Parse("tcp://127.0.0.1:5");
            var dialled = sim.Platform.TransportOf(endpoint).DialAsync(endpoint, sim.Platform, stop.Token).AsTask();
            await dialled.ContinueWith(_ => { }, TaskScheduler.FromCurrentSynchronizationContext());
            Assert.That(dialled.IsCanceled);
            Assert.That(sim.Time.Elapsed, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(3)));
            place.Heal();
            await server.ExpectAsync(Hundred);
            await SimPeer.DialAsync(sim.Platform, "tcp://127.0.0.1:5");
        });
    }

    [Test]
    public void Dial_is_refused_where_nobody_listens_or_the_place_refuses()
    {
        Simulation.RunMany(20, async sim =>
        {
            await AssertRefusedAsync();
            await using var listener = await SimPeer.ListenAsync(sim.Platform, "tcp://127.0.0.1:5");
            sim.Network.At("tcp://127.0.0.1:5").Policy = SimDials.Refuse;
            await AssertRefusedAsync();
            sim.Network.At("tcp://127.0.0.1:5").Policy = SimDials.Accept;
            await SimPeer.DialAsync(sim.Platform, "tcp://localhost:5");

            async Task AssertRefusedAsync() => await AssertBrokenAsync(new ValueTask(SimPeer.DialAsync(sim.Platform, "tcp://127.0.0.1:5")));
        });
    }

    [Test]
    public void Accept_fails_as_often_as_it_was_told_to_and_loses_nobody()
    {
        Simulation.RunMany(20, async sim =>
        {
            await using var listener = await SimPeer.ListenAsync(sim.Platform, "mem://x");
            sim.Network.At("mem://x").FailAccepts = 2;
            var client = await SimPeer.DialAsync(sim.Platform, "mem://x");
            for (var i = 0; i < 2; i++)
                await AssertBrokenAsync(new ValueTask(SimPeer.AcceptAsync(listener)));
            var server = await SimPeer.AcceptAsync(listener);
            await client.SendAsync(Hundred);
            await server.ExpectAsync(Hundred);
        });
    }

    [Test]
    public void Sender_that_changes_its_bytes_too_early_is_found()
    {
        var failure = Assert.Throws<SimulationException>(() => Simulation.Run(1, async sim =>
        {
            var (client, server) = await SimulationTests.ConnectAsync(sim);
            sim.Network.Links[0].ToServer.Hold();
            var bytes = Hundred.ToArray();
            var sending = client.Connection.SendAsync(bytes);
            bytes[50] = 0;
            sim.Network.Links[0].ToServer.Open();
            await sending;
        }));
        Assert.That(failure!.Message, Does.Contain("changed bytes that belonged to the transport"));
    }

    [Test]
    public void Operation_awaited_twice_throws()
    {
        Simulation.Run(1, async sim =>
        {
            sim.Network.AtOnce = 0;
            var (client, server) = await SimulationTests.ConnectAsync(sim);
            var receive = server.Connection.ReceiveAsync(new byte[100]);
            await client.SendAsync(Hundred);
            _ = await receive;
            try
            {
                _ = await receive;
                Assert.Fail("the second await gave a result");
            }
            catch (InvalidOperationException)
            {
            }
        });
    }

    static async Task AssertBrokenAsync(ValueTask task)
    {
        try
        {
            await task;
        }
        catch (IOException)
        {
            return;
        }

        Assert.Fail("no IOException");
    }
}
