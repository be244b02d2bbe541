using System.Buffers.Binary;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

public class DeadlineTests
{
    static readonly TimeSpan ClockStep = TimeSpan.FromMilliseconds(60);

    [Test]
    public void Call_that_states_no_deadline_has_the_clients_default_of_five_seconds()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = async (value, _) =>
            {
                await sim.DelayAsync(TimeSpan.FromMinutes(1));
                return value;
            };
            await using var client = await world.ConnectAsync(o => o with { DrainTimeout = TimeSpan.FromMilliseconds(1) });
            var begun = sim.Time.Elapsed;
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            failure.AssertIs(ButlerStatus.DeadlineExceeded, ButlerCertainty.Unknown, ButlerReason.Timeout);
            Assert.That(sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5) + ClockStep));
            var request = WireFrame.ParseAll(sim.Network.Links[0].ToServer.Recorded).Single(f => f.Kind == Wire.Request);
            Assert.That(MillisecondsOf(request), Is.EqualTo(5000));
        });
    }

    [Test]
    public void Deadline_of_the_call_comes_before_that_of_the_method_and_that_of_the_client()
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var method = new Method<int, int>
            {
                Service = Methods.Service, Name = "TimedAsync", Code = 2, Shape = MethodShape.Unary, Timeout = TimeSpan.FromMilliseconds(700),
                RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
            };
            await ExpectAsync(raw.CallAsync(1), 5000);
            await ExpectAsync(raw.Session.CallAsync(method, 1), 700);
            await ExpectAsync(raw.Session.CallAsync(method, 1, new CallContext(new CallOptions { Timeout = TimeSpan.FromMilliseconds(90) })), 90);
            await ExpectAsync(raw.Session.CallAsync(method, 1, new CallContext(new CallOptions { Timeout = Timeout.InfiniteTimeSpan })), null);

            async Task ExpectAsync(ValueTask<int> call, int? milliseconds)
            {
                var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
                Assert.That(MillisecondsOf(request), Is.EqualTo(milliseconds));
                await raw.ReplyAsync(request, 1);
                await call;
            }
        });
    }

    [Test]
    public void Deadlines_that_pass_at_the_same_moment_leave_the_session_working()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Run = static async (_, context) => await context.CancellationToken.CancelledAsync();
            await using var client = await world.ConnectAsync();
            var calls = Enumerable.Range(0, 5).Select(i =>
                Failing.OfAsync(client.CallAsync(Methods.Run, i, new CallContext(new CallOptions { Timeout = TimeSpan.FromMilliseconds(100) })))).ToArray();
            foreach (var call in calls)
                (await call).AssertIs(ButlerStatus.DeadlineExceeded, ButlerCertainty.Unknown, ButlerReason.Timeout);
            Assert.That(await client.CallAsync(Methods.Work, 7), Is.EqualTo(7));
            Assert.That(client.Session!.InFlight, Is.Zero);
        });
    }

    [Test]
    public void Deadline_that_passes_ends_the_call_tells_the_peer_and_keeps_the_slot()
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var begun = sim.Time.Elapsed;
            var call = raw.CallAsync(1, TimeSpan.FromMilliseconds(300));
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            (await Failing.OfAsync(call)).AssertIs(ButlerStatus.DeadlineExceeded, ButlerCertainty.Unknown, ButlerReason.Timeout);
            Assert.That(sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300) + ClockStep));
            Assert.That((await raw.Peer.ExpectFrameAsync(Wire.Cancel)).Call, Is.EqualTo(request.Call));
            Assert.That(raw.Session.InFlight, Is.EqualTo(1));
            await raw.ReplyAsync(request, 1);
            await sim.SettleAsync();
            Assert.That((raw.Session.InFlight, raw.Session.Statistics.LateFrames), Is.EqualTo((0, 1L)));
        });
    }

    [Test]
    public void Deadline_that_passes_while_the_call_waits_means_that_it_was_not_executed()
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim, welcome: Wire.WelcomeFrame(slots: 1));
            var first = raw.CallAsync(1);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            var waiting = raw.CallAsync(2, TimeSpan.FromSeconds(1));
            (await Failing.OfAsync(waiting)).AssertIs(ButlerStatus.DeadlineExceeded, ButlerCertainty.NotExecuted, ButlerReason.Timeout);
            await raw.ReplyAsync(request, 1);
            await first;
            await AnswerTests.AssertWorksAsync(raw);
            Assert.That(raw.Session.Statistics.CallsStarted, Is.EqualTo(2));
        });
    }

    [Test]
    public void Time_spent_waiting_is_taken_off_what_is_told_to_the_peer()
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim, welcome: Wire.WelcomeFrame(slots: 1));
            var first = raw.CallAsync(1);
            var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            var waiting = raw.CallAsync(2, TimeSpan.FromSeconds(4));
            await sim.DelayAsync(TimeSpan.FromSeconds(3));
            await raw.ReplyAsync(request, 1);
            await first;
            request = await raw.Peer.ExpectFrameAsync(Wire.Request);
            Assert.That(MillisecondsOf(request), Is.InRange(990, 1000));
            await raw.ReplyAsync(request, 2);
            Assert.That(await waiting, Is.EqualTo(2));
        });
    }

    [Test]
    public void Handler_sees_the_time_that_is_left_and_its_token_fires_when_it_is_over()
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            TimeSpan? left = null;
            raw.Probe.Run = async (_, context) =>
            {
                left = context.RemainingTime;
                await Task.Delay(TimeSpan.FromMinutes(1), sim.Time, context.CancellationToken);
            };
            var begun = sim.Time.Elapsed;
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, Wire.Deadline, 4, Wire.CallId(0), 0xE8, 3, 0, 0, 1));
            var answer = await raw.Peer.ExpectFrameAsync(Wire.Error);
            Assert.That(left, Is.EqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1) + ClockStep));
            Assert.That(answer.Code, Is.AnyOf((uint)ButlerStatus.Cancelled, (uint)ButlerStatus.DeadlineExceeded));
        });
    }

    [Test]
    public void Request_without_a_deadline_has_no_time_limit()
    {
        Simulation.RunMany(5, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            TimeSpan? left = TimeSpan.Zero;
            raw.Probe.Run = (_, context) =>
            {
                left = context.RemainingTime;
                return default;
            };
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, 0, 4, Wire.CallId(0), 1));
            await raw.Peer.ExpectFrameAsync(Wire.Reply);
            Assert.That(left, Is.Null);
        });
    }

    [Test]
    public void Request_whose_time_is_over_on_arrival_starts_no_handler()
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, Wire.Deadline, 4, Wire.CallId(0), 0, 0, 0, 0, 1));
            var answer = await raw.Peer.ExpectFrameAsync(Wire.Error);
            Assert.That((answer.Code, answer.Payload[0]), Is.EqualTo(((uint)ButlerStatus.DeadlineExceeded, (byte)ButlerCertainty.NotExecuted)));
            Assert.That(raw.Probe.Ran, Is.Zero);
        });
    }

    [Test]
    public void Call_made_inside_a_handler_has_at_most_the_time_that_is_left()
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.AcceptsAsync(sim);
            raw.Probe.Run = async (value, context) => await context.Peer.CallAsync(Methods.Work, value, context);
            await raw.Peer.SendAsync(Wire.Frame(Wire.Request, Wire.Deadline, 4, Wire.CallId(0), 0xE8, 3, 0, 0, 1));
            var nested = await raw.Peer.ExpectFrameAsync(Wire.Request);
            Assert.That((nested.Call >> 31, MillisecondsOf(nested)), Is.EqualTo((1u, (int?)1000)));
            await raw.ReplyAsync(nested, 1);
            await raw.Peer.ExpectFrameAsync(Wire.Reply);
        });
    }

    [Test]
    public void Jump_of_the_wall_clock_moves_no_deadline()
    {
        Simulation.RunMany(10, async sim =>
        {
            var raw = await RawSession.DialsAsync(sim);
            var begun = sim.Time.Elapsed;
            var call = raw.CallAsync(1, TimeSpan.FromSeconds(2));
            await sim.DelayAsync(TimeSpan.FromSeconds(1));
            sim.Time.WallOffset = TimeSpan.FromDays(400);
            await sim.SettleAsync();
            sim.Time.WallOffset = -TimeSpan.FromDays(400);
            await Failing.OfAsync(call);
            Assert.That(sim.Time.Elapsed - begun, Is.InRange(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2) + ClockStep));
        });
    }

    [Test]
    public void No_timer_is_armed_while_nothing_is_pending()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using (var client = await world.ConnectAsync())
                await client.CallAsync(Methods.Work, 1);
            await world.Server.DisposeAsync();
            await sim.DelayAsync(TimeSpan.FromSeconds(5));
            Assert.That(sim.Time.ArmedTimers, Is.Zero);
            Assert.That(sim.Network.OpenConnections, Is.Zero);
        });
    }

    static int? MillisecondsOf(WireFrame request) =>
        (request.Flags & Wire.Deadline) == 0 ? null : (int)BinaryPrimitives.ReadUInt32LittleEndian(request.Payload);
}
