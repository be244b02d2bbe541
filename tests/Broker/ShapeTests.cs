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

        public override void Bind(ServiceBinder<Shaped> binder) => binder.Unary(ask, static (shaped, value, _) =>
        {
            shaped.Calls++;
            return new(value);
        });
    }
}
