using System.Text;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>What a server does with bytes that no honest peer sends. The canary of <see cref="Canary"/> watches every attack.</summary>
public partial class BadInputTests
{
    const uint Violation = 18;
    static readonly TimeSpan ClockStep = TimeSpan.FromMilliseconds(100);

    static readonly byte[] WorkBody = [42];

    [TestCase("", TestName = "Silent connection is closed at the handshake limit")]
    [TestCase("42544C52", TestName = "Half a preface is closed at the handshake limit")]
    [TestCase("42544C5201000000", TestName = "Preface without HELLO is closed at the handshake limit")]
    [TestCase("42544C5201000000200000000100000000000000", TestName = "Half a HELLO is closed at the handshake limit")]
    public void Silence(string bytes)
    {
        Canary.Guards(10, async world =>
        {
            var begun = world.Sim.Time.Elapsed;
            var peer = await world.DialRawAsync();
            if (bytes.Length > 0)
                await peer.SendAsync(Convert.FromHexString(bytes));
            AssertNothingButGoaway(await peer.ReadToEndAsync());
            Assert.That(world.Sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5) + ClockStep));
        });
    }

    [Test]
    public void Other_protocols_are_closed_at_once_and_not_answered()
    {
        byte[][] strangers =
        [
            Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03, .. new byte[64]],
            [0x42, 0x54, 0x4C, 0x53, 1, 0, 0, 0],
            [0x42, 0x54, 0x4C, 0x52, 2, 0, 0, 0, .. Wire.HelloFrame()],
            [0x42, 0x54, 0x4C, 0x52, 1, 0, 0, 1, .. Wire.HelloFrame()],
        ];
        Canary.Guards(20, async world =>
        {
            foreach (var stranger in strangers)
            {
                var begun = world.Sim.Time.Elapsed;
                var peer = await world.DialRawAsync();
                await peer.OfferAsync(stranger);
                AssertNothingButGoaway(await peer.ReadToEndAsync());
                Assert.That(world.Sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromSeconds(1.5)));
            }
        });
    }

    [Test]
    public void Random_bytes_of_ten_thousand_seeds_are_closed_and_not_answered()
    {
        Canary.Guards(50, async world =>
        {
            for (var i = 0; i < 200; i++)
            {
                var peer = await world.DialRawAsync();
                var bytes = new byte[1 + world.Sim.Random.Next(1024)];
                world.Sim.Random.NextBytes(bytes);
                try
                {
                    await peer.SendAsync(bytes);
                }
                catch (IOException)
                {
                    // The server may close before it has read all.
                }

                peer.Connection.CloseWrite();
                AssertNothingButGoaway(await peer.ReadToEndAsync());
            }

            Assert.That(world.Sim.Network.Links, Has.Count.EqualTo(201));
        });
    }

    [Test]
    public void Random_frames_behind_a_good_handshake_end_in_an_answer_or_the_end()
    {
        byte[] kinds = [0, 3, 4, 0x10, 0x10, 0x10, 0x11, 0x12, 0x13, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x20, 0x21, 0x30, 0x80, 0xFF];
        Canary.Guards(100, async world =>
        {
            for (var i = 0; i < 10; i++)
            {
                var peer = await world.OpenRawAsync();
                for (var frames = world.Sim.Random.Next(30); frames > 0; frames--)
                {
                    var payload = new byte[world.Sim.Random.Next(40)];
                    world.Sim.Random.NextBytes(payload);
                    var flags = world.Sim.Random.Chance(0.3) ? (byte)world.Sim.Random.Next(32) : (byte)0;
                    var call = Wire.CallId(world.Sim.Random.Next(4), world.Sim.Random.Next(4));
                    try
                    {
                        await peer.SendAsync(Wire.Frame(
                            kinds[world.Sim.Random.Next(kinds.Length)], flags, (uint)world.Sim.Random.Next(9), call, payload));
                    }
                    catch (IOException)
                    {
                        break; // the server has closed already
                    }
                }

                peer.Connection.CloseWrite();
                await peer.ReadToEndAsync();
            }
        });
    }

    [TestCase(0xFFFF_FFFFu)]
    [TestCase(0x8000_0000u)]
    [TestCase(65_521u)]
    public void Frame_above_the_limit_is_refused_on_its_header(uint length)
    {
        Canary.Guards(10, async world =>
        {
            var begun = world.Sim.Time.Elapsed;
            var peer = await world.OpenRawAsync();
            await peer.SendAsync(Wire.Header(length, Wire.Request, 0, 2, Wire.CallId(0)));
            AssertGoaway(await peer.ReadToEndAsync(), accepted: 0);
            Assert.That(world.Sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromSeconds(1.5)));
        });
    }

    [Test]
    public void Frame_above_the_limit_before_WELCOME_is_refused_on_its_header()
    {
        foreach (var length in new uint[] { 16_369, 65_520, 0xFFFF_FFFF })
        {
            Canary.Guards(5, async world =>
            {
                var peer = await world.DialRawAsync();
                await peer.SendAsync(Wire.Preface, Wire.Header(length, Wire.Hello));
                AssertNothingButGoaway(await peer.ReadToEndAsync());
            });
        }
    }

    [Test]
    public void Frame_of_exactly_the_limit_is_taken()
    {
        Canary.Guards(5, async world =>
        {
            var peer = await world.OpenRawAsync();
            const int Body = 65_536 - 16;
            byte[] bin = [0xC5, (Body - 3) >> 8, (Body - 3) & 0xFF, .. new byte[Body - 3]];
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 6, Wire.CallId(0), bin));
            var reply = await peer.ExpectFrameAsync(Wire.Reply);
            Assert.That(reply.Payload, Has.Length.EqualTo(Body));
            await peer.DisposeAsync();
        });
    }

    // What a header of an impossible length costs beyond a header of a wrong kind.
    [Test]
    public void Impossible_length_allocates_nothing_for_it()
    {
        var wrongKind = Wire.Header(0, 0x7F);
        var tooLong = Wire.Header(0xFFFF_FFFF, Wire.Request, 0, 2, Wire.CallId(0));
        long least = long.MaxValue;
        for (var i = 0; i < 20; i++)
            least = Math.Min(least, Math.Abs(Allocated(tooLong) - Allocated(wrongKind)));
        Assert.That(least, Is.LessThan(1024));

        static long Allocated(byte[] header)
        {
            long allocated = 0;
            Simulation.Run(1, async sim =>
            {
                sim.Network.Chunks = SimChunks.Whole;
                var world = await World.StartAsync(sim);
                var peer = await world.OpenRawAsync();
                var before = GC.GetAllocatedBytesForCurrentThread();
                await peer.SendAsync(header);
                await peer.ReadToEndAsync();
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            });
            return allocated;
        }
    }

    [Test]
    public void Body_that_is_never_sent_closes_the_session_after_the_grace()
    {
        Canary.Guards(10, async world =>
        {
            var peer = await world.OpenRawAsync();
            var begun = world.Sim.Time.Elapsed;
            await peer.SendAsync(Wire.Header(1000, Wire.Request, 0, 2, Wire.CallId(0)));
            await peer.ReadToEndAsync();
            Assert.That(world.Sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.2)));
        });
    }

    [Test]
    public void Body_that_is_dribbled_closes_the_session_by_its_rate_and_starts_no_handler()
    {
        Canary.Guards(5, async world =>
        {
            var peer = await world.OpenRawAsync();
            var begun = world.Sim.Time.Elapsed;
            await peer.SendAsync(Wire.Header(60_000, Wire.Request, 0, 4, Wire.CallId(0)));
            var ended = peer.ReadToEndAsync();
            while (!ended.IsCompleted)
            {
                try
                {
                    await peer.SendAsync(new byte[20]); // 100 B/s
                }
                catch (IOException)
                {
                    break;
                }

                await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(200));
            }

            await ended;

            // 100 B/s against 240: at t the peer has sent 100 t, which earns 100 t / 240 s beyond the 5 of grace: over at 5 / (1 - 100/240) = 8.6 s.
            Assert.That((world.Sim.Time.Elapsed - begun).TotalSeconds, Is.InRange(8.3, 9.0));
        });
    }

    [Test]
    public void Body_that_comes_slowly_but_fast_enough_is_served()
    {
        Canary.Guards(3, async world =>
        {
            var peer = await world.OpenRawAsync();
            const int Body = 6000;
            byte[] frame = Wire.Frame(
                Wire.Request, 0, 6, Wire.CallId(0), [0xC5, (Body - 3) >> 8, (Body - 3) & 0xFF, .. new byte[Body - 3]]);
            for (var sent = 0; sent < frame.Length; sent += 60)
            {
                await peer.SendAsync(frame[sent..Math.Min(frame.Length, sent + 60)]);
                await world.Sim.DelayAsync(TimeSpan.FromMilliseconds(200)); // 300 B/s
            }

            await peer.ExpectFrameAsync(Wire.Reply);
            Assert.That(world.Sim.Time.Elapsed, Is.GreaterThan(TimeSpan.FromSeconds(19)));
            await peer.DisposeAsync();
        });
    }

    [Test]
    public void Request_cut_at_any_byte_starts_no_handler_and_is_closed_silently()
    {
        byte[] opening = [.. Wire.Preface, .. Wire.HelloFrame()];
        byte[] all = [.. opening, .. Wire.Frame(Wire.Request, Wire.Deadline, 4, Wire.CallId(0), [0x88, 0x13, 0, 0, 42])];
        foreach (var kind in new[] { SimCut.Fin, SimCut.Reset })
        {
            Canary.Guards(1, async world =>
            {
                for (var cut = 0; cut < all.Length; cut++)
                {
                    world.Sim.Network.OnLink = link => link.ToServer.CutAfter(cut, kind);
                    var peer = await world.DialRawAsync();
                    world.Sim.Network.OnLink = null;
                    try
                    {
                        await peer.SendAsync(all);
                    }
                    catch (IOException)
                    {
                        // The cut may be told to the sender while it sends.
                    }

                    var answer = WireFrame.ParseAll(await peer.ReadToEndAsync());
                    Assert.That(answer.Select(f => f.Kind), cut < opening.Length ? Is.Empty : Is.SubsetOf(new[] { Wire.Welcome }));
                }

                // Only the canary's own calls have started handlers, and none of them is RunAsync.
                Assert.That(world.Probe.Ran, Is.Zero);
            });
        }
    }

    [TestCaseSource(nameof(Violations))]
    public void Violation_of_the_wire(byte[] bytes)
    {
        Canary.Guards(5, async world =>
        {
            var begun = world.Sim.Time.Elapsed;
            var peer = await world.DialRawAsync();
            await peer.SendAsync(bytes);
            var answer = WireFrame.ParseAll(await peer.ReadToEndAsync()).Where(f => f.Kind != Wire.Welcome).ToList();
            Assert.That(answer.Select(f => f.Kind), Is.EqualTo(new[] { Wire.Goaway }));
            Assert.That(answer[0].Code, Is.EqualTo(Violation));
            Assert.That(world.Probe.Ran, Is.Zero);
            Assert.That(world.Sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromSeconds(1.5)));
        });
    }

    [Test]
    public void Hundred_frames_of_kinds_that_are_not_known_yet_are_skipped()
    {
        Canary.Guards(5, async world =>
        {
            var peer = await world.OpenRawAsync();
            for (var i = 0; i < 100; i++)
                await peer.SendAsync(Wire.Frame((byte)(0x80 + i), 0xFF, 1, 2, new byte[i]));
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), WorkBody));
            await peer.ExpectFrameAsync(Wire.Reply);
            await peer.DisposeAsync();
        });
    }

    [Test]
    public void Trailing_bytes_in_HELLO_are_ignored()
    {
        Canary.Guards(5, async world =>
        {
            var peer = await world.DialRawAsync();
            await peer.OpenAsync(Wire.HelloFrame(trailing: [1, 2, 3]));
            await peer.DisposeAsync();
        });
    }

    [Test]
    public void Request_on_a_slot_in_flight_ends_the_session_and_cancels_the_first()
    {
        Canary.Guards(20, async world =>
        {
            var cancelled = new TaskCompletionSource();
            world.Probe.Run = async (_, context) =>
            {
                var token = context.CancellationToken;
                using (token.Register(cancelled.SetResult))
                    await cancelled.Task;
            };
            var peer = await world.OpenRawAsync();
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), WorkBody));
            await world.Sim.UntilAsync(() => world.Probe.Ran == 1);
            await peer.OfferAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0, generation: 2), WorkBody));
            AssertGoaway(await peer.ReadToEndAsync(), accepted: 1);
            await cancelled.Task;
            Assert.That(world.Probe.Ran, Is.EqualTo(1));
        });
    }

    [Test]
    public void Request_with_the_generation_of_a_call_that_has_ended_ends_the_session()
    {
        Canary.Guards(10, async world =>
        {
            var peer = await world.OpenRawAsync();
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), WorkBody));
            await peer.ExpectFrameAsync(Wire.Reply);
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), WorkBody));
            AssertGoaway(await peer.ReadToEndAsync(), accepted: 1);
            Assert.That(world.Probe.Ran, Is.EqualTo(1));
        });
    }

    [Test]
    public void Cancel_for_a_call_that_has_just_ended_is_ignored()
    {
        Canary.Guards(10, async world =>
        {
            var peer = await world.OpenRawAsync();
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), WorkBody));
            await peer.ExpectFrameAsync(Wire.Reply);
            await peer.SendAsync(Wire.Frame(Wire.Cancel, 0, 0, Wire.CallId(0)));
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0, generation: 2), WorkBody));
            await peer.ExpectFrameAsync(Wire.Reply);
            await peer.DisposeAsync();
        });
    }

    [Test]
    public void Cancel_for_a_generation_never_started_ends_the_session()
    {
        Canary.Guards(10, async world =>
        {
            var peer = await world.OpenRawAsync();
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), WorkBody));
            await peer.ExpectFrameAsync(Wire.Reply);
            await peer.SendAsync(Wire.Frame(Wire.Cancel, 0, 0, Wire.CallId(0, generation: 2)));
            AssertGoaway(await peer.ReadToEndAsync(), accepted: 1);
        });
    }

    [Test]
    public void Unknown_method_fails_its_call_without_telling_names_and_keeps_the_session()
    {
        Canary.Guards(10, async world =>
        {
            await using var client = await world.ConnectAsync();
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Missing, 1));
            failure.AssertIs(ButlerStatus.Unimplemented, ButlerCertainty.NotExecuted, ButlerReason.UnknownMethod);
            // The caller's end names its own method; over the wire no name comes back.
            Assert.That(world.Sim.Network.Links.Select(l => Encoding.Latin1.GetString(l.ToClient.Recorded)), Has.None.Contains("SecretName"));
            Assert.That(await client.CallAsync(Methods.Work, 3), Is.EqualTo(3));
        });
    }

    [Test]
    public void One_way_message_to_an_unknown_method_is_dropped_and_keeps_the_session()
    {
        Canary.Guards(10, async world =>
        {
            var peer = await world.OpenRawAsync();
            await peer.SendAsync(Wire.Frame(Wire.Notify, 0, 0x7777, 0, 1));
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), WorkBody));
            await peer.ExpectFrameAsync(Wire.Reply);
            await peer.DisposeAsync();
        });
    }

    [TestCase("", TestName = "Empty body fails its call")]
    [TestCase("DDFFFFFFFF", TestName = "Array of 4 billion in 5 bytes fails its call")]
    [TestCase("C6FFFFFFFF00", TestName = "Binary longer than the rest fails its call")]
    [TestCase("C0", TestName = "Nil for a number fails its call")]
    [TestCase("CF8000000000000000", TestName = "Number out of range fails its call")]
    [TestCase("2A2A", TestName = "Trailing bytes fail their call")]
    public void Body_that_cannot_be_decoded(string body)
    {
        Canary.Guards(5, async world =>
        {
            var peer = await world.OpenRawAsync();
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), Convert.FromHexString(body)));
            var error = await peer.ExpectFrameAsync(Wire.Error);
            Assert.That((error.Code, error.Payload[0]), Is.EqualTo(((uint)ButlerStatus.InvalidArgument, (byte)ButlerCertainty.NotExecuted)));
            Assert.That(BitConverter.ToUInt16(error.Payload, 1), Is.EqualTo((ushort)ButlerReason.BadMessage));
            Assert.That(world.Probe.Ran, Is.Zero);
            await peer.DisposeAsync();
        });
    }

    [Test]
    public void Message_above_the_limit_fails_its_call_and_keeps_the_session()
    {
        Canary.Guards(2, async world =>
        {
            world.Sim.Network.Chunks = SimChunks.Whole;
            var peer = await world.OpenRawAsync();
            const int Total = (4 << 20) + 1;
            var left = Total;
            for (var first = true; left > 0; first = false)
            {
                var part = Math.Min(left, 65_000);
                left -= part;
                var flags = (byte)((first ? Wire.Total : 0) | (left > 0 ? Wire.More : 0));
                await peer.SendAsync(Wire.Frame(
                    Wire.Request, flags, 6, Wire.CallId(0), [.. first ? Wire.U32(Total) : [], .. new byte[part]]));
            }

            var error = await peer.ExpectFrameAsync(Wire.Error);
            Assert.That((error.Code, error.Payload[0]), Is.EqualTo(((uint)ButlerStatus.ResourceExhausted, (byte)ButlerCertainty.NotExecuted)));
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0, generation: 2), WorkBody));
            await peer.ExpectFrameAsync(Wire.Reply);
            await peer.DisposeAsync();
        });
    }

    [Test]
    public void Accept_that_fails_does_not_end_the_server()
    {
        Canary.Guards(10, async world =>
        {
            world.Sim.Network.At(World.Endpoint).FailAccepts = 5;
            var peer = await world.OpenRawAsync();
            await peer.DisposeAsync();
        });
    }

    static void AssertNothingButGoaway(byte[] answer)
    {
        if (answer.Length > 0)
            AssertGoaway(answer, accepted: 0);
    }

    static void AssertGoaway(byte[] answer, uint accepted)
    {
        var frames = WireFrame.ParseAll(answer);
        Assert.That(frames.Select(f => f.Kind), Is.EqualTo(new[] { Wire.Goaway }), Convert.ToHexString(answer));
        Assert.That(frames[0].Payload, Is.EqualTo(Wire.U32(accepted)));
        Assert.That(frames.Sum(f => 16 + f.Payload.Length), Is.EqualTo(answer.Length));
    }
}
