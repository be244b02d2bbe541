using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>What a caller does with answers, honest or not.</summary>
public class AnswerTests
{
    [Test]
    public void Request_bears_method_slot_and_generation()
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var call = raw.CallAsync(7);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            Assert.That((request.Code, request.Slot, request.Generation, request.Call >> 31), Is.EqualTo((2u, 0, 1, 0u)));
            Assert.That((request.Flags, request.Payload), Is.EqualTo((Wire.Deadline, new byte[] { 0x88, 0x13, 0, 0, 7 })).Using<(byte, byte[])>(
                (a, b) => a.Item1 == b.Item1 && a.Item2.SequenceEqual(b.Item2)));
            await raw.ReplyAsync(request, 9);
            Assert.That(await call, Is.EqualTo(9));
        });
    }

    [Test]
    public void Answers_in_any_order_find_their_calls()
    {
        Simulation.RunMany(50, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var calls = Enumerable.Range(0, 20).Select(i => raw.CallAsync(i).AsTask()).ToArray();
            var requests = new List<WireFrame>();
            while (requests.Count < calls.Length)
                requests.Add(await raw.Peer.ExpectFrameAsync(Wire.Request));
            Assert.That(requests.Select(r => r.Slot), Is.EqualTo(Enumerable.Range(0, 20)));
            while (requests.Count > 0)
            {
                var index = sim.Random.Next(requests.Count);
                await raw.ReplyAsync(requests[index], (byte)(requests[index].Payload[4] + 100));
                requests.RemoveAt(index);
            }

            for (var i = 0; i < calls.Length; i++)
                Assert.That(await calls[i], Is.EqualTo(i + 100));
        });
    }

    [Test]
    public void Error_tells_everything_it_carries()
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var call = raw.CallAsync(7);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            var id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
            await raw.Peer.SendAsync(Wire.ErrorFrame(request.Call, 9, 1, 8, "grüße", Convert.FromHexString("00112233445566778899AABBCCDDEEFF")));
            var failure = await Failing.OfAsync(call);
            failure.AssertIs(ButlerStatus.FailedPrecondition, ButlerCertainty.NotExecuted, ButlerReason.RateLimited);
            Assert.That((failure.Message, failure.ErrorId), Is.EqualTo(("grüße", id)));
        });
    }

    [Test]
    public void Mismatch_for_a_method_that_was_never_announced_fails_the_call()
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var call = raw.CallAsync(7);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(Wire.ErrorFrame(request.Call, 9, 1, 13, "another shape"));
            (await Failing.OfAsync(call)).AssertIs(ButlerStatus.FailedPrecondition, ButlerCertainty.NotExecuted, ButlerReason.ContractMismatch);
            await AssertWorksAsync(raw);
        });
    }

    static IEnumerable<TestCaseData> AnswersToNothing()
    {
        yield return new TestCaseData(Wire.Frame(Wire.Reply, 0, 0, Wire.CallId(5), 1)).SetName("Reply on a slot never used ends the session");
        yield return new TestCaseData(Wire.Frame(Wire.Reply, 0, 0, Wire.CallId(0, 2), 1)).SetName("Reply of a generation to come ends the session");
        yield return new TestCaseData(Wire.Frame(Wire.Reply, 0, 0, Wire.CallId(0, byAcceptor: true), 1)).SetName("Reply with the starter bit of the peer ends the session");
        yield return new TestCaseData(Wire.ErrorFrame(Wire.CallId(0, 9), 13, 2, 0, "no")).SetName("Error of a generation to come ends the session");
        yield return new TestCaseData(Wire.WelcomeFrame()).SetName("Second WELCOME ends the session");
        yield return new TestCaseData(Wire.HelloFrame()).SetName("HELLO from an acceptor ends the session");
        yield return new TestCaseData(Wire.Frame(Wire.Request, 0, 2, Wire.CallId(0), 1)).SetName("Request with the dialler's starter bit ends the dialler's session");
    }

    [TestCaseSource(nameof(AnswersToNothing))]
    public void Violation_by_a_server(byte[] frame)
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var call = raw.CallAsync(7);
            await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(frame);
            (await Failing.OfAsync(call)).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ProtocolViolation);
            var goaway = await raw.Peer.ExpectFrameAsync(Wire.Goaway);
            Assert.That(goaway.Code, Is.EqualTo((uint)ButlerReason.ProtocolViolation));
            await raw.Session.Closed;
        });
    }

    [TestCase(Wire.Reply)]
    [TestCase(Wire.Ping)]
    [TestCase(Wire.Request)]
    public void Frame_before_WELCOME_ends_the_session(byte kind)
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.StartAsync(sim, null, isAcceptor: false, null);
            var call = raw.CallAsync(7);
            await raw.Peer.SendAsync(Wire.Frame(kind, 0, 0, Wire.CallId(0), new byte[8]));
            Assert.That((await Failing.OfAsync(call)).Reason, Is.EqualTo(ButlerReason.ProtocolViolation));
            Assert.That(raw.Session.State, Is.EqualTo(SessionState.Closed));
        });
    }

    [Test]
    public void Second_answer_is_dropped_and_counted()
    {
        Simulation.RunMany(30, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var call = raw.CallAsync(1);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Reply, 0, 0, request.Call, 5), Wire.Frame(Wire.Reply, 0, 0, request.Call, 6));
            Assert.That(await call, Is.EqualTo(5));
            await sim.SettleAsync();
            Assert.That(raw.Session.Statistics.LateFrames, Is.EqualTo(1));
            await AssertWorksAsync(raw);
        });
    }

    [Test]
    public void Answer_to_an_earlier_use_of_the_slot_is_dropped_and_counted()
    {
        Simulation.RunMany(30, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var first = raw.CallAsync(1);
            var old = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.ReplyAsync(old, 5);
            await first;
            var second = raw.CallAsync(2);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            Assert.That((request.Slot, request.Generation), Is.EqualTo((0, 2)));
            await raw.ReplyAsync(old, 99);
            await raw.ReplyAsync(request, 6);
            Assert.That(await second, Is.EqualTo(6));
            Assert.That(raw.Session.Statistics.LateFrames, Is.EqualTo(1));
        });
    }

    [TestCase("A3414243", TestName = "Reply of another type fails its call only")]
    [TestCase("", TestName = "Empty reply fails its call only")]
    [TestCase("0101", TestName = "Reply with trailing bytes fails its call only")]
    [TestCase("DDFFFFFFFF", TestName = "Reply with an impossible count fails its call only")]
    public void Reply_that_cannot_be_decoded(string body)
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var call = raw.CallAsync(1);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Reply, 0, 0, request.Call, Convert.FromHexString(body)));
            (await Failing.OfAsync(call)).AssertIs(ButlerStatus.InvalidArgument, ButlerCertainty.Executed, ButlerReason.BadMessage);
            await AssertWorksAsync(raw);
        });
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Reply_with_metadata_that_cannot_be_read_ends_its_call_as_executed_and_the_session(bool inParts)
    {
        Simulation.RunMany(10, async sim =>
        {
            const byte MetadataFlag = 16;
            var raw = await RawSession.DialsAsync(sim);
            var context = new CallContext(new CallOptions { ResponseMetadata = new Metadata() });
            var call = raw.Session.CallAsync(Methods.Work, 1, context);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            var other = raw.CallAsync(2);
            await raw.Peer.ExpectFrameAsync(Wire.Request);
            byte[] metadata = [1, 0, 0xC1];
            if (inParts)
            {
                await raw.Peer.SendAsync(
                    Wire.Frame(Wire.Reply, MetadataFlag | Wire.Total | Wire.More, 0, request.Call, [.. Wire.U32(2), .. metadata, 5]), Wire.Frame(Wire.Reply, 0, 0, request.Call, 5));
            }
            else
            {
                await raw.Peer.SendAsync(Wire.Frame(Wire.Reply, MetadataFlag, 0, request.Call, [.. metadata, 5]));
            }

            await raw.Session.Closed;
            await sim.SettleAsync();
            Assert.That(call.IsCompleted, Is.True);
            (await Failing.OfAsync(call)).AssertIs(ButlerStatus.InvalidArgument, ButlerCertainty.Executed, ButlerReason.BadMessage);
            (await Failing.OfAsync(other)).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ProtocolViolation);
            Assert.That((await raw.Peer.ExpectFrameAsync(Wire.Goaway)).Code, Is.EqualTo((uint)ButlerReason.ProtocolViolation));
        });
    }

    [TestCase(13u, "")]
    [TestCase(13u, "0000")]
    [TestCase(0u, "00000000000000000000000000000000000000000000000000")]
    [TestCase(17u, "00000000000000000000000000000000000000000000000000")]
    [TestCase(13u, "09000000000000000000000000000000000000000000000000")]
    public void Error_that_cannot_be_read_fails_its_call_only(uint status, string payload)
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var call = raw.CallAsync(1);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Error, 0, status, request.Call, Convert.FromHexString(payload)));
            Assert.That((await Failing.OfAsync(call)).Certainty, Is.EqualTo(ButlerCertainty.Unknown));
            await AssertWorksAsync(raw);
        });
    }

    [Test]
    public void Reply_in_several_frames_with_others_in_between_is_put_together()
    {
        Simulation.RunMany(30, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var large = raw.Session.CallAsync(Methods.Bytes, []);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            var small = raw.CallAsync(1);
            var other = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Reply, Wire.Total | Wire.More, 0, request.Call, 5, 0, 0, 0, 0xC4, 3));
            await raw.ReplyAsync(other, 8);
            Assert.That(await small, Is.EqualTo(8));
            await raw.Peer.SendAsync(Wire.Frame(Wire.Reply, Wire.More, 0, request.Call, 10, 20), Wire.Frame(Wire.Reply, 0, 0, request.Call, 30));
            Assert.That(await large, Is.EqualTo(new byte[] { 10, 20, 30 }));
        });
    }

    [Test]
    public void Reply_above_the_limit_fails_its_call_and_keeps_the_session()
    {
        Simulation.RunMany(3, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var raw = await RawSession.DialsAsync(sim, new ButlerLimits { MessageBytes = 16_384 });
            var call = raw.Session.CallAsync(Methods.Bytes, []);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Reply, Wire.Total | Wire.More, 0, request.Call, [.. Wire.U32(20_000), .. new byte[10_000]]));
            await raw.Peer.SendAsync(Wire.Frame(Wire.Reply, 0, 0, request.Call, new byte[10_000]));
            (await Failing.OfAsync(call)).AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.Executed, ButlerReason.TooLarge);
            await AssertWorksAsync(raw);
        });
    }

    [Test]
    public void Generations_of_a_slot_wrap_and_calls_go_on()
    {
        Simulation.Run(1, async sim =>
        {
            sim.Network.Records = false;
            sim.Network.Chunks = SimChunks.Whole;
            sim.Network.AtOnce = 1;
            var raw = await RawSession.DialsAsync(sim);
            for (var i = 1; i <= 0x8003; i++)
            {
                var call = raw.CallAsync(1);
                var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
                Assert.That((request.Slot, request.Generation), Is.EqualTo((0, i & 0x7FFF)));
                await raw.ReplyAsync(request, 1);
                await call;
            }
        });
    }

    internal static async Task AssertWorksAsync(RawSession raw)
    {
        var call = raw.CallAsync(1);
        await raw.ReplyAsync(await raw.Peer.ExpectFrameAsync(Wire.Request), 77);
        Assert.That(await call, Is.EqualTo(77));
    }
}
