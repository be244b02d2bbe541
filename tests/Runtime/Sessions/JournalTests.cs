using System.Globalization;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>
/// A conversation is recorded once and then cut at every byte, in either direction, in either way, under a schedule of its own each time. The server keeps a
/// journal of what it ran; what the callers were told must agree with it. The seed says where the cut is, so that a failing one replays alone.
/// </summary>
public sealed class JournalTests
{
    const int SchedulesPerCut = 2;

    static readonly Method<int, int> Repeatable = new()
    {
        Service = Methods.Service, Name = "RepeatAsync", Code = 2, Shape = MethodShape.Unary, Idempotent = true, RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
    };

    [Test]
    public void What_callers_are_told_agrees_with_what_the_server_ran_wherever_the_connection_is_cut()
    {
        var replay = Environment.GetEnvironmentVariable("BUTLER_SEED") is { Length: > 0 } seed ? ulong.Parse(seed, CultureInfo.InvariantCulture) : 0;
        var whole = new Conversation(cut: null);
        if (replay == 0)
            Simulation.Run(1, whole.RunAsync);
        var longest = replay == 0 ? Math.Max(whole.BytesToServer, whole.BytesToClient) : 0;
        Assert.That(replay > 0 || longest is > 700 and < 3000, $"{longest} bytes");
        var most = replay > 0 ? replay : (ulong)((longest + 1) * Cut.Kinds * SchedulesPerCut);
        var told = new Tally();
        for (var run = replay > 0 ? replay : 1; run <= most; run++)
        {
            var cut = Cut.Of(run);
            if (replay == 0 && cut.At > (cut.ToClient ? whole.BytesToClient : whole.BytesToServer))
                continue;
            var conversation = new Conversation(cut);
            Simulation.Run(run, conversation.RunAsync);
            told.Add(conversation.Told);
        }

        TestContext.Out.WriteLine(told);
        if (replay > 0)
            return;

        // Cuts that no call notices would prove nothing.
        Assert.That(told.Runs, Is.GreaterThan(5000));
        Assert.That(told.Succeeded, Is.GreaterThan(10_000));
        Assert.That(told.Unknown, Is.GreaterThan(1000));
        Assert.That(told.NotExecuted, Is.GreaterThan(50));
        Assert.That(told.RanTwice, Is.GreaterThan(100), "calls that may");
    }

    /// <summary>Where a conversation is cut, and how: all of it in the seed.</summary>
    readonly record struct Cut(long At, bool ToClient, SimCut Kind, bool Moves)
    {
        public const int Kinds = 4;

        public static Cut Of(ulong seed) => new(
            (long)((seed - 1) / (Kinds * SchedulesPerCut)), (seed & 1) == 0, (seed & 2) == 0 ? SimCut.Fin : SimCut.Reset, (seed & 4) == 0);
    }

    sealed class Tally
    {
        public int Runs;
        public int Succeeded;
        public int Unknown;
        public int NotExecuted;
        public int RanTwice;

        public void Add(Tally other)
        {
            Runs++;
            Succeeded += other.Succeeded;
            Unknown += other.Unknown;
            NotExecuted += other.NotExecuted;
            RanTwice += other.RanTwice;
        }

        public override string ToString() => $"{Runs} cuts: {Succeeded} calls succeeded, {Unknown} may have run, {NotExecuted} did not; {RanTwice} ran twice and may";
    }

    sealed class Conversation(Cut? cut)
    {
        readonly Dictionary<int, int> _journal = []; // the calls that the server began, and how often
        Simulation _sim = null!;
        ButlerClient _client = null!;

        public Tally Told { get; } = new();

        public long BytesToServer { get; private set; }

        public long BytesToClient { get; private set; }

        public async Task RunAsync(Simulation sim)
        {
            _sim = sim;
            sim.Network.AtOnce = 0.3;
            var world = await World.StartAsync(sim);
            world.Probe.Work = async (value, _) =>
            {
                Begin(value);
                if (value % 3 == 0)
                    await sim.DelayAsync(TimeSpan.FromMilliseconds(value % 7));
                if (value % 10 == 9)
                    throw new ButlerException(ButlerStatus.NotFound, "no such thing");
                return -value;
            };
            world.Probe.Bytes = (value, _) =>
            {
                Begin(value[0]);
                return new(value);
            };
            world.Probe.Note = (value, _) =>
            {
                Begin(value);
                return default;
            };
            if (cut is { } where)
            {
                sim.Network.OnLink = link =>
                {
                    sim.Network.OnLink = null; // the client dials again, and that link is whole
                    (where.ToClient ? link.ToClient : link.ToServer).CutAfter(where.At, where.Kind);
                };
            }

            var retry = new ButlerRetryOptions { NotExecutedMoves = cut is { Moves: false } ? 0 : 3 };
            _client = ButlerClient.Open(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform, Retry = retry });
            var calls = new List<Task>();
            for (var round = 0; round < 3; round++)
            {
                for (var i = 0; i < 4; i++)
                {
                    var number = 100 + (round * 10) + i;
                    calls.Add(CallAsync(number, Methods.Work));
                    calls.Add(CallAsync(number + 4, Repeatable));
                }

                calls.Add(CallAsync(109 + (round * 10), Methods.Work));
                calls.Add(NotifyAsync(108 + (round * 10)));
                calls.Add(SendBytesAsync((byte)(round + 1), 20 + (round * 10)));
                await sim.DelayAsync(TimeSpan.FromMilliseconds(sim.Random.Next(4)));
            }

            foreach (var call in calls)
                await call;
            Assert.That(sim.Time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(2)), "a call hung");
            BytesToServer = sim.Network.Links[0].ToServer.BytesSent;
            BytesToClient = sim.Network.Links[0].ToClient.BytesSent;
            await _client.DisposeAsync();
            await world.Server.DisposeAsync();
            Assert.That(sim.Time.ArmedTimers, Is.Zero);
            if (cut is null)
                Assert.That((Told.Unknown, Told.NotExecuted, Told.RanTwice), Is.EqualTo((0, 0, 0)));
        }

        void Begin(int number) => _journal[number] = _journal.GetValueOrDefault(number) + 1;

        Task CallAsync(int number, Method<int, int> method) => JudgeAsync(number, method.Idempotent, async () =>
            Assert.That(await _client.CallAsync(method, number), Is.EqualTo(-number)));

        Task NotifyAsync(int number) => JudgeAsync(number, mayRunAgain: false, async () => await _client.SendAsync(Methods.Note, number), isOneWay: true);

        Task SendBytesAsync(byte number, int length)
        {
            var bytes = new byte[length];
            bytes[0] = number;
            return JudgeAsync(number, mayRunAgain: false, async () => Assert.That(await _client.CallAsync(Methods.Bytes, bytes), Is.EqualTo(bytes)));
        }

        // Each call has one outcome: a task that ended twice would throw in whoever ended it, and one that never ends hangs the run.
        async Task JudgeAsync(int number, bool mayRunAgain, Func<Task> call, bool isOneWay = false)
        {
            ButlerException? failure = null;
            try
            {
                await call();
                Told.Succeeded++;
            }
            catch (ButlerException e)
            {
                failure = e;
            }

            var atOnce = _journal.GetValueOrDefault(number);
            await _sim.DelayAsync(TimeSpan.FromMilliseconds(50)); // what runs yet has begun by then
            var ran = _journal.GetValueOrDefault(number);
            if (ran > 1)
                Told.RanTwice++;
            var what = $"call {number} ran {ran} times and was told {failure?.ToString() ?? "that it succeeded"}; {cut}";
            Assert.That(ran, Is.LessThanOrEqualTo(mayRunAgain ? 4 : 1), what);
            switch (failure)
            {
                case null:
                    Assert.That(isOneWay || atOnce >= 1, what);
                    break;
                case { Certainty: ButlerCertainty.NotExecuted }:
                    Told.NotExecuted++;
                    Assert.That(ran, Is.Zero, what);
                    break;
                case { Certainty: ButlerCertainty.Executed }:
                    Assert.That((failure.Status, ran >= 1), Is.EqualTo((ButlerStatus.NotFound, true)), what);
                    break;
                default:
                    Told.Unknown++;
                    Assert.That(failure.Status, Is.EqualTo(ButlerStatus.Unavailable), what);
                    break;
            }
        }
    }
}
