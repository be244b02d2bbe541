using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

public class CallTests
{
    [Test]
    public void Call_gives_the_handlers_result()
    {
        Simulation.RunMany(200, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            Assert.That(await client.CallAsync(Methods.Echo, "hello"), Is.EqualTo("hello"));
            await client.InvokeAsync(Methods.Run, 1);
            Assert.That(world.Probe.Started, Is.EqualTo(2));
        });
    }

    [Test]
    public void Hundreds_of_calls_at_once_get_their_own_answers()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = async (value, _) =>
            {
                if (value % 3 == 0)
                    await sim.DelayAsync(TimeSpan.FromMilliseconds(value % 50));
                return value * 2;
            };
            await using var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 300).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            for (var i = 0; i < calls.Length; i++)
                Assert.That(await calls[i], Is.EqualTo(i * 2));
        });
    }

    [Test]
    public void More_calls_than_slots_wait_for_their_turn()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await World.StartAsync(sim, o => o with { Limits = o.Limits with { CallsInFlight = 4 } });
            var running = 0;
            var most = 0;
            world.Probe.Work = async (value, _) =>
            {
                most = Math.Max(most, ++running);
                await sim.DelayAsync(TimeSpan.FromMilliseconds(1));
                running--;
                return value;
            };
            await using var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 40).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            for (var i = 0; i < calls.Length; i++)
                Assert.That(await calls[i], Is.EqualTo(i));
            Assert.That(most, Is.EqualTo(4));
        });
    }

    [Test]
    public void Message_of_every_size_around_the_frame_limit_arrives_whole()
    {
        Simulation.RunMany(6, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            foreach (var size in new[] { 0, 1, 65_500, 65_510, 65_511, 65_512, 65_515, 65_516, 65_517, 65_520, 65_521, 131_000, 131_072, 1_000_000, (4 << 20) - 5 })
            {
                var bytes = new byte[size];
                sim.Random.NextBytes(bytes);
                Assert.That((await client.CallAsync(Methods.Bytes, bytes)).AsSpan().SequenceEqual(bytes), $"{size} bytes");
            }
        });
    }

    [Test]
    public void Large_messages_and_small_calls_share_a_session()
    {
        Simulation.RunMany(20, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var large = Enumerable.Range(0, 5).Select(i =>
            {
                var bytes = new byte[100_000 + i];
                bytes[^1] = (byte)i;
                return client.CallAsync(Methods.Bytes, bytes).AsTask();
            }).ToArray();
            for (var i = 0; i < 50; i++)
                Assert.That(await client.CallAsync(Methods.Work, i), Is.EqualTo(i));
            for (var i = 0; i < large.Length; i++)
            {
                var bytes = await large[i];
                Assert.That((bytes.Length, bytes[^1]), Is.EqualTo((100_000 + i, (byte)i)));
            }
        });
    }

    [Test]
    public void Request_above_the_limit_is_refused_before_a_byte_leaves()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            await client.CallAsync(Methods.Work, 1);
            var before = sim.Network.Links[0].ToServer.BytesSent;
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Bytes, new byte[4 << 20]));
            failure.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.TooLarge);
            Assert.That(sim.Network.Links[0].ToServer.BytesSent, Is.EqualTo(before));
            Assert.That(await client.CallAsync(Methods.Work, 2), Is.EqualTo(2));
        });
    }

    [Test]
    public void Reply_above_the_limit_fails_that_call_and_keeps_the_session()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Bytes = (_, _) => new(new byte[4 << 20]);
            await using var client = await world.ConnectAsync();
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Bytes, []));
            failure.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.Executed, ButlerReason.TooLarge);
            Assert.That(await client.CallAsync(Methods.Work, 2), Is.EqualTo(2));
            Assert.That(sim.Network.Links, Has.Count.EqualTo(1));
        });
    }

    [Test]
    public void One_way_message_arrives_and_its_sender_does_not_wait_for_the_handler()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await World.StartAsync(sim);
            var release = new TaskCompletionSource();
            var noted = new List<int>();
            world.Probe.Note = async (value, _) =>
            {
                noted.Add(value);
                await release.Task;
            };
            await using var client = await world.ConnectAsync();
            await client.SendAsync(Methods.Note, 1);
            client.Post(Methods.Note, 2);
            await sim.UntilAsync(() => noted.Count == 2);
            Assert.That(noted, Is.EquivalentTo(new[] { 1, 2 }));
            release.SetResult();
        });
    }

    [Test]
    public void Handlers_ButlerException_reaches_the_caller_as_it_was_thrown()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = (_, _) => throw new ButlerException(ButlerStatus.NotFound, "no such order");
            world.Probe.Run = async (_, _) =>
            {
                await sim.DelayAsync(TimeSpan.FromMilliseconds(5));
                throw new ButlerException(ButlerStatus.Aborted, "lost the race");
            };
            await using var client = await world.ConnectAsync();
            var thrown = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            Assert.That((thrown.Status, thrown.Message, thrown.Certainty), Is.EqualTo((ButlerStatus.NotFound, "no such order", ButlerCertainty.Executed)));
            thrown = await Failing.OfAsync(client.InvokeAsync(Methods.Run, 1));
            Assert.That((thrown.Status, thrown.Message, thrown.Certainty), Is.EqualTo((ButlerStatus.Aborted, "lost the race", ButlerCertainty.Executed)));
        });
    }

    [Test]
    public void Certainty_of_a_nested_call_does_not_propagate()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = (_, _) => throw new ButlerException(ButlerStatus.Unavailable, "the next server", ButlerCertainty.NotExecuted, ButlerReason.NoSession);
            await using var client = await world.ConnectAsync();
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            Assert.That((failure.Status, failure.Certainty), Is.EqualTo((ButlerStatus.Unavailable, ButlerCertainty.Executed)));
        });
    }

    [Test]
    public void Other_exceptions_reach_the_caller_as_Internal_with_the_id_that_the_log_has()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = (_, _) => throw new InvalidOperationException("the password is swordfish");
            await using var client = await world.ConnectAsync();
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            Assert.That((failure.Status, failure.Certainty), Is.EqualTo((ButlerStatus.Internal, ButlerCertainty.Executed)));
            Assert.That(failure.ErrorId, Is.Not.EqualTo(Guid.Empty));
            Assert.That(failure.Message, Does.Not.Contain("swordfish").And.Not.Contains("InvalidOperation"));
            Assert.That(world.Log.Lines.Single(l => l.Exception is InvalidOperationException).Text, Does.Contain(failure.ErrorId.ToString()));
        });
    }

    [Test]
    public void Exception_details_are_shown_when_the_server_is_told_to()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim, o => o with { IncludeExceptionDetails = true });
            world.Probe.Work = (_, _) => throw new InvalidOperationException("the reason");
            await using var client = await world.ConnectAsync();
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            Assert.That(failure.Message, Does.Contain("InvalidOperationException").And.Contains("the reason").And.Contains(nameof(CallTests)));
        });
    }

    [Test]
    public void Codec_that_throws_fails_its_own_call_and_rolls_back()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var broken = Methods.Unary("WorkAsync", 2, new UserCodec(_ => throw new FormatException("cannot encode"), _ => { }), IntCodec.Instance);
            Exception? failure = null;
            try
            {
                await client.CallAsync(broken, 1);
            }
            catch (FormatException e)
            {
                failure = e;
            }

            Assert.That(failure?.Message, Is.EqualTo("cannot encode"));
            Assert.That(await client.CallAsync(Methods.Work, 2), Is.EqualTo(2));
            Assert.That(world.Probe.Started, Is.EqualTo(1));
        });
    }

    [Test]
    public void Codec_may_call_over_the_session_it_encodes_for()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            Task<int>? nested = null;
            var codec = new UserCodec(_ => nested ??= client.CallAsync(Methods.Work, 10).AsTask(), _ => { });
            var method = Methods.Unary("WorkAsync", 2, codec, IntCodec.Instance);
            Assert.That(await client.CallAsync(method, 2), Is.EqualTo(2));
            Assert.That(await nested!, Is.EqualTo(10));
        });
    }

    [Test]
    public void Server_calls_back_over_the_session_it_serves()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = async (value, context) => await context.Peer.CallAsync(Methods.Work, value + 1) * 10;
            await using var client = await world.ConnectAsync();
            client.Services.Add(new Probe { Work = (value, _) => new(value + 100) });
            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1020));
            Assert.That(sim.Network.Links, Has.Count.EqualTo(1));
        });
    }

    [Test]
    public void Context_used_after_its_handler_has_ended_throws()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            CallContext kept = default;
            world.Probe.Work = (value, context) =>
            {
                kept = context;
                return new(value);
            };
            await using var client = await world.ConnectAsync();
            await client.CallAsync(Methods.Work, 1);
            Assert.Throws<InvalidOperationException>(() => _ = kept.CancellationToken);
            Assert.Throws<InvalidOperationException>(() => _ = kept.RemainingTime);
        });
    }

    [Test]
    public void First_calls_leave_in_one_segment_with_the_introduction()
    {
        Simulation.RunMany(20, async sim =>
        {
            await World.StartAsync(sim);
            await using var client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform });
            var calls = Enumerable.Range(0, 10).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            for (var i = 0; i < calls.Length; i++)
                Assert.That(await calls[i], Is.EqualTo(i));
            var link = sim.Network.Links.Single();
            var frames = WireFrame.ParseAll(link.ToServer.Recorded.AsSpan(0, link.ToServer.SendSizes[0]));
            Assert.That(frames.Select(f => f.Kind), Is.EqualTo(new[] { Wire.Hello }.Concat(Enumerable.Repeat(Wire.Request, 10))));
        });
    }

    [Test]
    public void Same_seed_gives_the_same_hash_of_a_whole_conversation()
    {
        foreach (var seed in new ulong[] { 1, 2, 3, 4, 5 })
            Assert.That(Simulation.Run(seed, ConverseAsync), Is.EqualTo(Simulation.Run(seed, ConverseAsync)));

        static async Task ConverseAsync(Simulation sim)
        {
            sim.Network.LatencyMax = TimeSpan.FromMilliseconds(5);
            var world = await World.StartAsync(sim);
            world.Probe.Work = async (value, _) =>
            {
                await sim.DelayAsync(TimeSpan.FromMilliseconds(value % 7));
                return value;
            };
            await using (var client = await world.ConnectAsync())
            {
                var calls = Enumerable.Range(0, 100).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
                for (var i = 0; i < calls.Length; i++)
                    await calls[i];
            }

            await world.Server.DisposeAsync();
        }
    }
}
