using ButlerRpc.Broker.Tests.Support;
using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Broker.Tests;

/// <summary>Contracts of several versions on one channel: shapes are compared between each consumer and each provider, as without a broker.</summary>
public class ShapeTests
{
    static readonly string[] Old = Lines("int32");

    [Test]
    public void Consumer_of_another_version_judges_accepts_and_is_served()
    {
        Simulation.RunMany(30, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            await using var provider = await world.ProvideAsync(s => s.Add(new Shaped(hash: 2, Old).Use()));
            await using var same = await world.ConsumeAsync();
            await using var other = await world.ConsumeAsync();
            Shaped.Announce(same, hash: 2, Old);
            Shaped.Announce(other, hash: 1, Old); // another hash of lines that do no harm
            var calls = Enumerable.Range(0, 10).Select(i => other.CallAsync(Shaped.Ask(1, Old), i).AsTask()).ToArray();
            Assert.That(await same.CallAsync(Shaped.Ask(2, Old), 7), Is.EqualTo(7));
            for (var i = 0; i < calls.Length; i++)
                Assert.That(await calls[i], Is.EqualTo(i));
            await sim.UntilAsync(() => world.Broker.Statistics.InFlight == 0);
        });
    }

    [Test]
    public void Consumer_keeps_to_providers_of_its_own_version_while_there_are_any()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var (mine, theirs) = (new Shaped(hash: 1, Old), new Shaped(hash: 2, Old));
            await using var first = await world.ProvideAsync(s => s.Add(theirs.Use()));
            var second = await world.ProvideAsync(s => s.Add(mine.Use()));
            await using var consumer = await world.ConsumeAsync();
            Shaped.Announce(consumer, hash: 1, Old);
            for (var i = 0; i < 20; i++)
                await consumer.CallAsync(Shaped.Ask(1, Old), i);
            Assert.That((mine.Calls, theirs.Calls), Is.EqualTo((20, 0)));
            await second.DisposeAsync();
            await sim.UntilAsync(() => world.Broker.Statistics.Providers == 1);
            await consumer.CallAsync(Shaped.Ask(1, Old), 1);
            Assert.That(theirs.Calls, Is.EqualTo(1));
        });
    }

    [Test]
    public void Call_that_waits_for_a_provider_of_its_version_holds_up_no_call_of_another()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var release = new TaskCompletionSource();
            var busy = new Shaped(hash: 2, Old) { Held = release.Task };
            await using var full = await world.ProvideAsync(
                s => s.Add(busy.Use()), configure: o => o with { Client = o.Client with { Limits = o.Client.Limits with { CallsInFlight = 1 } } });
            await using var idle = await world.ProvideAsync(s => s.Add(new Shaped(hash: 1, Old).Use()));
            await using var waiting = await world.ConsumeAsync();
            await using var served = await world.ConsumeAsync();
            Shaped.Announce(waiting, hash: 2, Old);
            Shaped.Announce(served, hash: 1, Old);
            var calls = Enumerable.Range(0, 3).Select(i => waiting.CallAsync(Shaped.Ask(2, Old), i).AsTask()).ToArray();
            await sim.UntilAsync(() => world.Broker.Statistics.QueuedCalls == 2);
            Assert.That(await served.CallAsync(Shaped.Ask(1, Old), 7), Is.EqualTo(7));
            Assert.That(world.Broker.Statistics.QueuedCalls, Is.EqualTo(2));
            release.SetResult();
            Assert.That(await Task.WhenAll(calls), Is.EqualTo(new[] { 0, 1, 2 }));
        });
    }

    [Test]
    public void Consumer_whose_contract_does_not_fit_is_told_what_has_moved()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await BrokerWorld.StartAsync(sim);
            var shaped = new Shaped(hash: 2, Lines("int32"));
            await using var provider = await world.ProvideAsync(s => s.Add(shaped.Use()));
            await using var consumer = await world.ConsumeAsync();
            var own = Lines("string");
            Shaped.Announce(consumer, hash: 1, own);
            var failure = await Failing.OfAsync(consumer.CallAsync(Shaped.Ask(1, own), 1));
            failure.AssertIs(ButlerStatus.FailedPrecondition, ButlerCertainty.NotExecuted, ButlerReason.ContractMismatch);
            Assert.That(failure.Message, Does.Contain("AskAsync"));
            Assert.That(shaped.Calls, Is.Zero);
        });
    }

    static string[] Lines(string argument) =>
    [
        "method Tests.IShaped.AskAsync code 1073741825 unary", $"method Tests.IShaped.AskAsync argument 0 value {argument}",
        "method Tests.IShaped.AskAsync result int32",
    ];
}

/// <summary>A service of one method whose shape the test chooses.</summary>
sealed class Shaped(ulong hash, string[] lines) : IButlerContract<Shaped>
{
    const string Service = "Tests.IShaped";

    public static ButlerContract<Shaped> Contract => Current.Value!;

    static readonly AsyncLocal<ShapedContract> Current = new();

    public int Calls { get; private set; }

    /// <summary>What its calls wait for.</summary>
    public Task Held { get; init; } = Task.CompletedTask;

    public Shaped Use()
    {
        Current.Value = new ShapedContract(Ask(hash, lines));
        return this;
    }

    public static Method<int, int> Ask(ulong hash, string[] lines) => new()
    {
        Service = Service, Name = "AskAsync", Code = 0x4000_0001, Shape = MethodShape.Unary, ShapeHash = hash, ContractLines = lines,
        RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
    };

    public static void Announce(BrokerConsumer consumer, ulong hash, string[] lines) => consumer.Announce(Service, [Ask(hash, lines)]);

    sealed class ShapedContract(Method<int, int> ask) : ButlerContract<Shaped>
    {
        public override string Name => Service;

        public override IReadOnlyList<Method> Methods => [ask];

        public override Shaped CreateProxy(CallInvoker invoker) => throw new NotSupportedException();

        public override void Bind(ServiceBinder<Shaped> binder) => binder.Unary(ask, static async (shaped, value, _) =>
        {
            shaped.Calls++;
            await shaped.Held;
            return value;
        });
    }
}
