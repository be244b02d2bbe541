using ButlerRpc.Calls;
using ButlerRpc.Contracts.External;

namespace ButlerRpc.Contracts.Tests;

/// <summary>What the compiler made, called: arguments and results as bytes in between.</summary>
sealed class CallTests
{
    readonly Shop _shop = new();

    IShop Proxy => Loopback.Serve<IShop>(_shop);

    [Test]
    public async Task A_service_of_another_assembly_can_be_served_and_called()
    {
        var echo = Loopback.Serve<IEcho>(new Echo());

        Assert.That(await echo.EchoAsync(new Text("hello")), Is.EqualTo(new Text("hello!")));
    }

    [Test]
    public async Task Several_arguments_travel_as_an_array()
    {
        var invoker = new Loopback(new ServiceTable().Add<IShop>(_shop));

        Assert.That(await invoker.Create<IShop>().AddAsync(3, 4), Is.EqualTo(7));
        Assert.That(invoker.LastRequest, Is.EqualTo(new byte[] { 0x92, 3, 4 }));
    }

    [Test]
    public async Task No_arguments_travel_as_an_empty_array()
    {
        var invoker = new Loopback(new ServiceTable().Add<IShop>(_shop));

        Assert.That(async () => await invoker.Create<IShop>().PingAsync(), Throws.InstanceOf<ButlerException>().With.Property("Status").EqualTo(ButlerStatus.NotFound));
        Assert.That(invoker.LastRequest, Is.EqualTo(new byte[] { 0x90 }));
    }

    [Test]
    public async Task The_only_message_travels_bare()
    {
        var invoker = new Loopback(new ServiceTable().Add<IEcho>(new Echo()));
        await invoker.Create<IEcho>().EchoAsync(new Text("a"));

        Assert.That(invoker.LastRequest, Is.EqualTo(new byte[] { 0x91, 0xA1, (byte)'a' }));
    }

    [Test]
    public async Task A_nullable_message_travels_as_an_argument()
    {
        var invoker = new Loopback(new ServiceTable().Add<IShop>(_shop));
        await invoker.Create<IShop>().TouchAsync(null, "x");

        Assert.That((invoker.LastRequest, _shop.Tag), Is.EqualTo((new byte[] { 0x92, 0xC0, 0xA1, (byte)'x' }, "x")));
    }

    [Test]
    public async Task Nullable_results_and_enums_and_defaults_arrive()
    {
        Assert.That(await Proxy.FindAsync(null), Is.Null);
        Assert.That(await Proxy.FindAsync("lamp"), Is.EqualTo("lamp/Green/1.5"));
        Assert.That(await Proxy.FindAsync("lamp", Colour.Red, 2), Is.EqualTo("lamp/Red/2"));
    }

    [Test]
    public async Task Closed_generics_and_collections_arrive()
    {
        Line[] lines = [new("a", 1, 1.5m), new("b", 2, 2.5m), new("c", 3, 3.5m)];

        Assert.That(await Proxy.LinesAsync(new Page<Line>(lines, 3)), Is.EqualTo(lines.Reverse()));
        var page = await Proxy.PageAsync(lines, (1, 3));
        Assert.That((page.Items, page.Total), Is.EqualTo((lines[1..], 3)));
    }

    [Test]
    public async Task One_way_messages_arrive()
    {
        Proxy.Post(1);
        await Proxy.SendAsync(2);

        Assert.That(_shop.Sent, Is.EqualTo([1, 2]));
    }

    [Test]
    public async Task Overloads_go_by_their_codes()
    {
        Assert.That(await Proxy.OverAsync(1), Is.EqualTo(2));
        Assert.That(await Proxy.OverAsync("a"), Is.EqualTo("a!"));
    }

    [Test]
    public async Task The_callers_token_reaches_the_handler()
    {
        using var source = new CancellationTokenSource();
        await Proxy.AddAsync(1, 2, source.Token);

        Assert.That(_shop.Token, Is.EqualTo(source.Token));
    }

    [Test]
    public async Task The_callers_timeout_reaches_the_handler()
    {
        await Proxy.FindAsync("a", context: new CallContext(new CallOptions { Timeout = TimeSpan.FromSeconds(9) }));

        Assert.That(_shop.RemainingTime, Is.EqualTo(TimeSpan.FromSeconds(9)));
    }

    [Test]
    public async Task An_argument_that_an_older_caller_does_not_send_has_its_default()
    {
        var invoker = new Loopback(new ServiceTable().Add<IShop>(_shop)) { Shorten = 1 };
        await invoker.Create<IShop>().TouchAsync(new Text("a"), "ab");

        Assert.That(_shop.Tag, Is.EqualTo("anone"));
    }

    [Test]
    public void An_argument_that_cannot_be_null_is_missed()
    {
        var invoker = new Loopback(new ServiceTable().Add<IShop>(_shop)) { Shorten = 1 };

        Assert.That(async () => await invoker.Create<IShop>().NameAsync(1, "a"), Throws.InstanceOf<ButlerException>().With.Message.Contains("IShop.NameAsync.name"));
    }

    [Test]
    public async Task A_number_that_an_older_caller_does_not_send_is_zero()
    {
        var invoker = new Loopback(new ServiceTable().Add<IShop>(_shop)) { Shorten = 1 };

        Assert.That(await invoker.Create<IShop>().AddAsync(1, 2), Is.EqualTo(1));
    }

    [Test]
    public void A_parameters_limit_is_checked() =>
        Assert.That(async () => await Proxy.TouchAsync(null, "abcde"), Throws.InstanceOf<ButlerException>().With.Property("Status").EqualTo(ButlerStatus.InvalidArgument));

    [Test]
    public void A_method_with_a_body_runs_on_the_side_that_calls_it() => Assert.That(Proxy.Twice(4), Is.EqualTo(8));

    [Test]
    public void A_declared_fault_is_among_the_methods_faults() =>
        Assert.That(Method<IShop>("TakeAsync").Faults.Select(f => f.Code), Is.EqualTo([102]));

    [Test]
    public void Options_reach_the_descriptor()
    {
        var method = ContractOf<IShop>().Methods.Single(m => m.Code == 78);

        Assert.That(
            (method.Idempotent, method.Inline, method.Ordered, method.MaxInFlight, method.Timeout),
            Is.EqualTo((true, true, true, 3, TimeSpan.FromMilliseconds(1500))));
    }

    [Test]
    public void Codes_come_from_the_method_the_message_or_the_name() => Assert.That(
        (Method<IEcho>("EchoAsync").Code, Method<IShop>("OverAsync").Code, Method<IShop>("AddAsync").Code >> 31), Is.EqualTo((101u, 77u, 1u)));

    [Test]
    public void A_hashed_code_never_changes() => Assert.That(Method<IShop>("AddAsync").Code, Is.EqualTo(0xC66952FAu));

    [Test]
    public void The_shape_of_a_method_is_told_in_lines() => Assert.That(Method<IShop>("LinesAsync").ContractLines, Is.EqualTo(
        [
            $"method ButlerRpc.Contracts.Tests.IShop.LinesAsync code {Method<IShop>("LinesAsync").Code} unary",
            "method ButlerRpc.Contracts.Tests.IShop.LinesAsync request ButlerRpc.Contracts.External.Page<ButlerRpc.Contracts.External.Line>",
            "method ButlerRpc.Contracts.Tests.IShop.LinesAsync result list<ButlerRpc.Contracts.External.Line>",
            "message ButlerRpc.Contracts.External.Line array",
            "message ButlerRpc.Contracts.External.Line field 0 Sku string required",
            "message ButlerRpc.Contracts.External.Line field 1 Count int32",
            "message ButlerRpc.Contracts.External.Line field 2 Price decimal",
            "message ButlerRpc.Contracts.External.Page<ButlerRpc.Contracts.External.Line> array",
            "message ButlerRpc.Contracts.External.Page<ButlerRpc.Contracts.External.Line> field 0 Items list<ButlerRpc.Contracts.External.Line> required",
            "message ButlerRpc.Contracts.External.Page<ButlerRpc.Contracts.External.Line> field 1 Total int32",
        ]));

    [Test]
    public void Every_method_has_a_shape_hash_of_its_own()
    {
        var hashes = ContractOf<IShop>().Methods.Concat(ContractOf<IEcho>().Methods).Select(m => m.ShapeHash).ToList();

        Assert.That(hashes, Is.Unique.And.All.Not.Zero);
    }

    static Method Method<T>(string name)
        where T : class, IButlerContract<T> => ContractOf<T>().Methods.First(m => m.Name == name);

    static ButlerContract<T> ContractOf<T>()
        where T : class, IButlerContract<T> => T.Contract;

    sealed class Echo : IEcho
    {
        public ValueTask<Text> EchoAsync(Text text, CancellationToken cancellationToken) => new(new Text(text.Value + "!"));
    }
}
