using System.Security.Claims;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Sessions;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Limits;

/// <summary>Limits that no other test is about.</summary>
public sealed class LimitTests
{
    static readonly byte[] One = [1];

    [Test]
    public void Token_above_four_kibibytes_is_refused_before_it_is_sent_and_when_it_comes()
    {
        Canary.Guards(3, async world =>
        {
            var asked = 0;
            await using var client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions
            {
                Platform = world.Sim.Platform,
                Token = _ =>
                {
                    asked++;
                    return new(new byte[4097]);
                },
                AllowTokenInClear = true,
            });
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            Assert.That(failure.Reason, Is.EqualTo(ButlerReason.NoSession));
            Assert.That(failure.Message, Does.Contain("the token is 4097 bytes; at most 4096 are allowed"));
            Assert.That(asked, Is.GreaterThan(0));

            var peer = await world.DialRawAsync();
            await peer.SendAsync(Wire.Preface, Wire.HelloFrame(token: new byte[4097]));
            Assert.That(WireFrame.ParseAll(await peer.ReadToEndAsync()).Single().Kind, Is.EqualTo(Wire.Goaway));
        });
    }

    [Test]
    public void Token_of_four_kibibytes_is_taken()
    {
        Canary.Guards(
            3,
            async world =>
            {
                var peer = await world.DialRawAsync();
                await peer.OpenAsync(Wire.HelloFrame(token: new byte[4096]));
                await peer.DisposeAsync();
            },
            o => o with { Authenticator = (_, _) => new(new ClaimsPrincipal()) });
    }

    [Test]
    public void Never_more_handlers_run_than_there_are_slots_however_many_calls_are_cancelled()
    {
        // The abuse counter would end it long before: it is not what is tested here.
        Canary.Guards(
            2,
            async world =>
            {
                var never = new TaskCompletionSource();
                world.Probe.Run = (_, _) => new(never.Task); // and does not look at its token
                var peer = await world.OpenRawAsync();
                var session = world.Server.Sessions[^1];
                for (var slot = 0; slot < 1024; slot++)
                {
                    await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(slot), One));
                    await world.Sim.SettleAsync(); // begun: one that is cancelled before that ends at once
                    await peer.SendAsync(Wire.Frame(Wire.Cancel, 0, 0, Wire.CallId(slot)));
                    Assert.That(session.Statistics.Serving, Is.LessThanOrEqualTo(1024));
                }

                await world.Sim.SettleAsync();
                Assert.That((world.Probe.Ran, session.Statistics.Serving), Is.EqualTo((1024, 1024L)));
                await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(7, generation: 2), One));
                Assert.That(WireFrame.ParseAll(await peer.ReadToEndAsync())[^1].Code, Is.EqualTo((uint)ButlerReason.ProtocolViolation));
                Assert.That(world.Probe.Ran, Is.EqualTo(1024));
                never.SetResult();
            },
            o => o with { Limits = new ButlerLimits { AbuseBurst = 1_000_000 } });
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Server_and_client_drain_for_thirty_seconds_and_no_longer(bool byServer)
    {
        Simulation.RunMany(3, async sim =>
        {
            var world = await World.StartAsync(sim);
            var client = await world.ConnectAsync(o => o with { CallTimeout = Timeout.InfiniteTimeSpan });
            world.Probe.Work = async (value, _) =>
            {
                await sim.DelayAsync(TimeSpan.FromSeconds(value));
                return value;
            };
            var inTime = client.CallAsync(Methods.Work, 29);
            var late = Failing.OfAsync(client.CallAsync(Methods.Work, 31));
            await sim.SettleAsync();
            var begun = sim.Time.Elapsed;
            await (byServer ? world.Server.DisposeAsync() : client.DisposeAsync());
            Assert.That(sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(29.99), TimeSpan.FromSeconds(30.2)));
            Assert.That(await inTime, Is.EqualTo(29));
            Assert.That((await late).Certainty, Is.EqualTo(ButlerCertainty.Unknown));
            await client.DisposeAsync();
            await world.Server.DisposeAsync();
        });
    }

    [TestCase(65)]
    [TestCase(10_000)]
    [TestCase(4_000_000)]
    public void Value_that_is_nested_too_deep_fails_its_call_and_keeps_the_session(int depth)
    {
        Canary.Guards(1, async world =>
        {
            world.Sim.Network.Chunks = SimChunks.Whole;
            world.Sim.Network.Records = false;
            world.Server.Services.Add(new Skipper());
            var peer = await world.OpenRawAsync();
            var body = new byte[depth + 1];
            body.AsSpan(0, depth).Fill(0x91);
            body[depth] = 1;
            for (var sent = 0; sent < body.Length;)
            {
                var part = Math.Min(body.Length - sent, 65_000);
                var flags = (byte)((sent == 0 && part < body.Length ? Wire.Total : 0) | (sent + part < body.Length ? Wire.More : 0));
                await peer.SendAsync(Wire.Frame(
                    Wire.Request, flags, Skipper.Method.Code, Wire.CallId(0), [.. (flags & Wire.Total) != 0 ? Wire.U32((uint)body.Length) : [], .. body[sent..(sent + part)]]));
                sent += part;
            }

            var error = await peer.ExpectFrameAsync(Wire.Error);
            Assert.That((error.Code, error.Payload[0]), Is.EqualTo(((uint)ButlerStatus.InvalidArgument, (byte)ButlerCertainty.NotExecuted)));
            Assert.That(BitConverter.ToUInt16(error.Payload, 1), Is.EqualTo((ushort)ButlerReason.TooDeep));
            await peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0, generation: 2), One));
            await peer.ExpectFrameAsync(Wire.Reply);
            await peer.DisposeAsync();
        });
    }

    [Test]
    public void Idle_session_holds_no_receive_buffer()
    {
        Simulation.RunMany(5, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            await sim.SettleAsync();
            Assert.That(raw.Session.ReceiveBufferBytes, Is.Zero);
            await raw.Peer.SendAsync(Wire.Header(1000, Wire.Request, 0, 2, Wire.CallId(0)));
            await sim.SettleAsync();
            Assert.That(raw.Session.ReceiveBufferBytes, Is.InRange(1, 4096));
            await raw.Peer.SendAsync([0xC5, 0x03, 0xE5, .. new byte[997]]);
            await raw.Peer.ExpectFrameAsync(Wire.Error);
            Assert.That((await raw.Peer.ExpectFrameAsync(Wire.Ping)).Kind, Is.EqualTo(Wire.Ping));
            await raw.Peer.SendAsync(Wire.Frame(Wire.Pong, 0, 0, 0, new byte[8])); // with the next sign of life at the latest
            await sim.SettleAsync();
            Assert.That(raw.Session.ReceiveBufferBytes, Is.Zero);
        });
    }

    /// <summary>Skips whatever comes, as a codec skips a member that it does not know.</summary>
    sealed class DeepCodec : MessageCodec<int>
    {
        public override void Write(ref MessagePackWriter writer, in int value) => writer.WriteInt64(value);

        public override int Read(ref MessagePackReader reader)
        {
            reader.Skip();
            return 0;
        }
    }

    sealed class Skipper : IButlerContract<Skipper>
    {
        public static readonly Method<int, int> Method = Methods.Unary("SkipAsync", 99, new DeepCodec(), IntCodec.Instance);

        public static ButlerContract<Skipper> Contract { get; } = new SkipperContract();

        sealed class SkipperContract : ButlerContract<Skipper>
        {
            public override string Name => "Tests.ISkipper";

            public override IReadOnlyList<Method> Methods => [Method];

            public override Skipper CreateProxy(CallInvoker invoker) => throw new NotSupportedException();

            public override void Bind(ServiceBinder<Skipper> binder) => binder.Unary(Method, static (_, value, _) => new ValueTask<int>(value));
        }
    }
}
