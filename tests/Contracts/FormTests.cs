using ButlerRpc.Contracts.External;

namespace ButlerRpc.Contracts.Tests;

/// <summary>The forms of a contract that need a session: streams, inherited services, callbacks. Over connections inside the process.</summary>
sealed class FormTests
{
    readonly Streams _streams = new();
    ButlerServer _server = null!;
    ButlerClient _client = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        var endpoint = $"mem://forms-{Guid.NewGuid():N}";
        _server = await ButlerServer.StartAsync(endpoint, s => s.Add<IStreams>(_streams).Add<IDiamond>(new Diamond()).Add<Outer.Middle.INested>(new Nested()));
        _client = await ButlerClient.ConnectAsync(endpoint);
        _client.Add<IListener>(new Listener());
    }

    [TearDown]
    public async Task DisconnectAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    IStreams Proxy => _client.Create<IStreams>();

    [Test]
    public async Task A_stream_comes_back_item_by_item() => Assert.That(await ListAsync(Proxy.CountAsync(5)), Is.EqualTo([1, 2, 3, 4, 5]));

    [Test]
    public async Task A_stream_ends_with_the_failure_of_its_method()
    {
        await using var lines = Proxy.LinesAsync(new Text("nut")).GetAsyncEnumerator();

        Assert.That(await lines.MoveNextAsync(), Is.True);
        Assert.That(lines.Current, Is.EqualTo(new Line("nut", 1, 2.5m)));
        Assert.That(async () => await lines.MoveNextAsync(), Throws.InstanceOf<ButlerException>().With.Property("Status").EqualTo(ButlerStatus.NotFound));
    }

    [Test]
    public async Task A_stream_is_a_parameter() => Assert.That(await Proxy.SumAsync(Of(1, 2, 3)), Is.EqualTo(6));

    [Test]
    public async Task Two_streams_are_parameters_beside_a_value() => Assert.That(await Proxy.JoinAsync("-", Of("a", "b"), Of(1, 2)), Is.EqualTo("1-2-a-b"));

    [Test]
    public async Task A_method_with_a_stream_may_return_nothing()
    {
        await Proxy.DrainAsync(Of(new Line("x", 1, 1), new Line("y", 1, 1)));
        await Proxy.DrainTooAsync(new Text("t"), Of(null, new Line("z", 1, 1)));

        Assert.That(_streams.Drained, Is.EqualTo(["x", "y", null, "z"]));
    }

    [Test]
    public async Task Streams_go_both_ways() => Assert.That(await ListAsync(Proxy.TalkAsync(2, Of("a", "b"))), Is.EqualTo(["aa", "bb"]));

    [Test]
    public async Task What_overflows_is_keyed_by_a_member() => Assert.That(await ListAsync(Proxy.LatestAsync()), Is.EqualTo([new Line("a", 1, 1)]));

    [Test]
    public async Task Inherited_methods_are_called_through_the_service_that_inherits_them()
    {
        var diamond = _client.Create<IDiamond>();

        Assert.That(
            (await diamond.NameAsync(), await diamond.NumberedAsync(), await diamond.PlainAsync(1), await diamond.OwnAsync()), Is.EqualTo(("diamond", "numbered", 2, "own")));
    }

    [Test]
    public async Task A_method_with_a_code_is_the_same_through_its_base() => Assert.That(await _client.Create<IBase>().NumberedAsync(), Is.EqualTo("numbered"));

    [Test]
    public async Task A_nested_service_calls_its_caller_back_and_catches_its_fault() => Assert.That(await _client.Create<Outer.Middle.INested>().AskAsync(5), Is.EqualTo(110));

    [Test]
    public void A_contract_names_its_callback() => Assert.That(ContractOf<Outer.Middle.INested>().Callback, Is.EqualTo(typeof(IListener)));

    static ButlerRpc.Calls.ButlerContract<T> ContractOf<T>()
        where T : class, ButlerRpc.Calls.IButlerContract<T> => T.Contract;

    static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
            list.Add(item);
        return list;
    }

    static async IAsyncEnumerable<T> Of<T>(params T[] items)
    {
        foreach (var item in items)
        {
            await Task.Yield();
            yield return item;
        }
    }
}
