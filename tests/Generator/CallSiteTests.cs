namespace ButlerRpc.Generator.Tests;

sealed class CallSiteTests
{
    internal const string Echo = """
        using ButlerRpc;
        public sealed class Text : ButlerRpc.Codec.IButlerMessage<Text>
        {
            static ButlerRpc.Codec.MessageCodec<Text> ButlerRpc.Codec.IButlerMessage<Text>.Codec => null!;
        }
        [ButlerService] public partial interface IEcho
        {
            Task EchoAsync(Text text, CancellationToken ct = default);
            ValueTask WithContextAsync(Text text, CallContext context = default);
        }
        """;

    static Task Expect(string markup) => Faults.Expect("using ButlerRpc;\nusing ButlerRpc.Calls;\n\n" + markup, Echo);

    [Test]
    public Task BRPC1009_tells_of_a_method_that_cannot_be_cancelled() =>
        Expect("[ButlerService] public partial interface IFoo { Task {|BRPC1009:EchoAsync|}(Text text); Task OtherAsync(Text text, CallContext context); }");

    [Test]
    public Task BRPC1009_is_silent_for_one_way_methods() =>
        Expect("[ButlerService] public partial interface IFoo { [ButlerMethod(OneWay = true)] void Echo(Text text); }");

    [Test]
    public async Task BRPC1009_is_silent_where_nothing_can_stand_behind_the_last_parameter() => Assert.That(
        (await Faults.ReportedBy(Generated.From("[ButlerRpc.ButlerService] public partial interface IFoo { Task AddAsync(params int[] numbers); }").Compilation)).Where(d => d.Id == "BRPC1009"), Is.Empty);

    [TestCase("await using var client = await ButlerClient.ConnectAsync(\"tcp://a:1\", new() { Retry = new() { {|BRPC1014:HedgeAfter|} = TimeSpan.FromSeconds(1) } }); _ = client.Create<IEcho>();")]
    [TestCase("var client = ButlerClient.Open(\"tcp://a:1\", new ButlerClientOptions { Retry = new ButlerRetryOptions { {|BRPC1014:IdempotentRetries|} = 5 } }); _ = client.Create<IEcho>();")]
    [TestCase("services.AddButlerClient<IEcho>(\"tcp://a:1\", o => o.Options = o.Options with { Retry = new() { {|BRPC1014:HedgeAfter|} = TimeSpan.FromSeconds(1) } });")]
    public Task BRPC1014_what_is_repeated_is_idempotent(string body) =>
        Expect($"class User {{ public async Task Use(Microsoft.Extensions.DependencyInjection.IServiceCollection services) {{ {body} await Task.Yield(); }} }}");

    [TestCase("await using var client = await ButlerClient.ConnectAsync(\"tcp://a:1\", new() { Retry = new() { HedgeAfter = TimeSpan.FromSeconds(1) } }); _ = client.Create<IEcho>(); _ = client.Create<IRead>();")]
    [TestCase("await using var client = await ButlerClient.ConnectAsync(\"tcp://a:1\", new() { Retry = new() { HedgeAfter = null, IdempotentRetries = 0 } }); _ = client.Create<IEcho>();")]
    [TestCase("var options = new ButlerRetryOptions { HedgeAfter = TimeSpan.FromSeconds(1) }; _ = options;")]
    [TestCase("services.AddButlerClient<IRead>(\"tcp://a:1\", o => o.Options = o.Options with { Retry = new() { HedgeAfter = TimeSpan.FromSeconds(1) } });")]
    public Task BRPC1014_is_silent_when_a_method_may_be_repeated(string body) => Expect($$"""
        [ButlerService] public partial interface IRead { [ButlerMethod(Idempotent = true)] Task<int> ReadAsync(CancellationToken ct); }
        class User { public async Task Use(Microsoft.Extensions.DependencyInjection.IServiceCollection services) { {{body}} await Task.Yield(); } }
        """);

    [Test]
    public Task BRPC2001_Create_needs_a_contract() => Expect("""
        public interface IFoo;
        class User { void Use(CallInvoker invoker) => invoker.{|CS0311:Create<{|BRPC2001:IFoo|}>|}(); }
        """);

    [Test]
    public Task BRPC2001_Add_needs_the_interface_not_the_class() => Expect("""
        abstract class Foo : IEcho { public abstract Task EchoAsync(Text text, CancellationToken ct); public abstract ValueTask WithContextAsync(Text text, CallContext context); }
        class User { void Use(ServiceTable table, Foo foo) => table.{|CS0311:Add<{|BRPC2001:Foo|}>|}(foo); }
        """);

    [Test]
    public Task BRPC2001_is_silent_for_contracts_and_type_parameters() => Expect("""
        class User
        {
            IEcho Use(CallInvoker invoker) => invoker.Create<IEcho>();
            T Use<T>(CallInvoker invoker) where T : class, IButlerContract<T> => invoker.Create<T>();
        }
        """);

    [Test]
    public Task BRPC2002_a_registered_type_implements_a_contract() => Faults.Expect("""
        using ButlerRpc;
        using Microsoft.Extensions.DependencyInjection;
        class Report;
        class Relay : IEcho { public Task EchoAsync(Text text, CancellationToken ct) => Task.CompletedTask; public ValueTask WithContextAsync(Text text, CallContext context) => default; }
        class Program { void Use(IServiceCollection services) => services.AddButlerService<Relay>().AddButlerService<{|BRPC2002:Report|}>(); }
        """, Echo);

    [Test]
    public Task BRPC2002_is_silent_for_a_type_that_is_not_known_here() => Faults.Expect("""
        using ButlerRpc;
        using Microsoft.Extensions.DependencyInjection;
        class Relay : IEcho { public Task EchoAsync(Text text, CancellationToken ct) => Task.CompletedTask; public ValueTask WithContextAsync(Text text, CallContext context) => default; }
        class Program { void Use<T>(IServiceCollection services) where T : Relay => services.AddButlerService<T>(); }
        """, Echo);

    [TestCase("EchoAsync")]
    [TestCase("WithContextAsync")]
    public Task BRPC2003_a_call_is_awaited_or_kept(string method) =>
        Expect($"class User {{ void Use(IEcho echo) {{ {{|BRPC2003:echo.{method}(new Text())|}}; }} }}");

    [Test]
    public Task BRPC2003_leaves_async_methods_to_the_compiler() =>
        Expect("class User { async Task Use(IEcho echo) { {|CS4014:echo.EchoAsync(new Text())|}; await echo.EchoAsync(new Text()); } }");

    [Test]
    public Task BRPC2003_is_silent_when_the_task_is_kept() =>
        Expect("class User { Task Use(IEcho echo) { var task = echo.EchoAsync(new Text()); _ = echo.EchoAsync(new Text()); return task; } }");

    internal const string Handler = """
        sealed class Relay(IEcho next) : IEcho
        {
            public async Task EchoAsync(Text text, CancellationToken ct) => await CALL1;
            public async ValueTask WithContextAsync(Text text, CallContext context) => await CALL2;
        }
        """;

    [TestCase("{|BRPC2005:next.EchoAsync|}(text)", "{|BRPC2005:next.EchoAsync|}(text)")]
    [TestCase("{|BRPC2005:next.EchoAsync|}(text, default)", "{|BRPC2005:next.EchoAsync|}(text, CancellationToken.None)")]
    [TestCase("{|BRPC2005:next.WithContextAsync|}(text)", "{|BRPC2005:next.WithContextAsync|}(text, default)")]
    [TestCase("next.EchoAsync(text, ct)", "next.EchoAsync(text, context.CancellationToken)")]
    [TestCase("next.WithContextAsync(text, ct)", "next.WithContextAsync(text, context)")]
    public Task BRPC2005_a_handler_passes_its_token_on(string call1, string call2) =>
        Expect(Handler.Replace("CALL1", call1, StringComparison.Ordinal).Replace("CALL2", call2, StringComparison.Ordinal));

    [Test]
    public Task BRPC2005_is_silent_outside_a_handler() =>
        Expect("class User { public async Task Use(IEcho next, CancellationToken ct) => await next.EchoAsync(new Text()); }");
}
