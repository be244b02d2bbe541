namespace ButlerRpc.Generator.Tests;

/// <summary>One mistake, one error, at its exact place; and the near-miss that must stay silent.</summary>
sealed class ServiceFaultTests
{
    const string Message = """
        public sealed class Text : ButlerRpc.Codec.IButlerMessage<Text>
        {
            static ButlerRpc.Codec.MessageCodec<Text> ButlerRpc.Codec.IButlerMessage<Text>.Codec => null!;
        }
        """;

    static Task Expect(string markup) => Faults.Expect("using ButlerRpc;\n" + markup, Message);

    [Test]
    public Task BRPC1001_a_service_must_be_partial() =>
        Expect("[ButlerService] public interface {|BRPC1001:IFoo|} { ValueTask EchoAsync(Text text); }");

    [Test]
    public Task BRPC1001_so_must_the_type_around_it() =>
        Expect("class {|BRPC1001:Outer|} { [ButlerService] internal partial interface IFoo { ValueTask EchoAsync(Text text); } }");

    [Test]
    public Task BRPC1001_is_silent_for_an_interface_that_is_no_service() =>
        Expect("public interface IFoo { int Count(); }");

    [Test]
    public Task BRPC1002_a_service_must_be_within_reach() =>
        Expect("partial class Outer { [ButlerService] private partial interface {|BRPC1002:IFoo|} { ValueTask EchoAsync(Text text); } }");

    [Test]
    public Task BRPC1002_is_silent_for_an_internal_nested_service() =>
        Expect("partial class Outer { [ButlerService] internal partial interface IFoo { ValueTask EchoAsync(Text text); } }");

    [TestCase("int")]
    [TestCase("void")]
    [TestCase("IEnumerable<Text>")]
    public Task BRPC1003_a_result_must_be_awaitable(string type) =>
        Expect($"[ButlerService] public partial interface IFoo {{ {{|BRPC1003:{type}|}} Echo(Text text); ValueTask OtherAsync(Text text, CancellationToken ct); }}");

    [Test]
    public Task BRPC1003_is_silent_for_void_that_is_one_way() =>
        Expect("[ButlerService] public partial interface IFoo { [ButlerMethod(OneWay = true)] void Post(Text text); }");

    [TestCase("int {|BRPC1004:Count|} { get; set; }")]
    [TestCase("event Action {|BRPC1004:Changed|};")]
    [TestCase("int {|BRPC1004:this|}[int index] { get; }")]
    [TestCase("static abstract ValueTask {|BRPC1004:MakeAsync|}(Text text);")]
    public Task BRPC1004_a_service_has_methods_only(string member) => Expect($"[ButlerService] public partial interface IFoo {{ {member} }}");

    [Test]
    public Task BRPC1004_is_silent_for_members_with_a_body() =>
        Expect("[ButlerService] public partial interface IFoo { int Count => 1; static int Zero => 0; ValueTask TwiceAsync(Text text) => default; }");

    [Test]
    public Task BRPC1005_a_method_is_not_generic() =>
        Expect("[ButlerService] public partial interface IFoo { ValueTask {|BRPC1005:EchoAsync|}<T>(T value); }");

    [Test]
    public Task BRPC1005_a_service_is_not_generic() =>
        Expect("[ButlerService] public partial interface {|BRPC1005:IFoo|}<T> { ValueTask EchoAsync(T value); }");

    [Test]
    public Task BRPC1005_is_silent_for_a_generic_method_with_a_body() =>
        Expect("[ButlerService] public partial interface IFoo { ValueTask EchoAsync<T>(T value) => default; }");

    [TestCase("ref")]
    [TestCase("in")]
    [TestCase("out")]
    public Task BRPC1006_parameters_are_passed_by_value(string modifier) =>
        Expect($"[ButlerService] public partial interface IFoo {{ ValueTask EchoAsync({modifier} Text {{|BRPC1006:text|}}); }}");

    [Test]
    public Task BRPC1006_is_silent_for_params() => Expect("[ButlerService] public partial interface IFoo { ValueTask EchoAsync(params int[] numbers); }");

    [Test]
    public Task BRPC1007_two_methods_need_two_codes() =>
        Expect("[ButlerService] public partial interface IFoo { [ButlerMethod(Code = 7)] ValueTask AAsync(Text text); [ButlerMethod(Code = 7)] ValueTask {|BRPC1007:BAsync|}(Text text); }");

    [Test]
    public Task BRPC1007_overloads_need_codes() =>
        Expect("[ButlerService] public partial interface IFoo { ValueTask AAsync(Text text); ValueTask {|BRPC1007:AAsync|}(Text text, IAsyncEnumerable<Text> items); }");

    [Test]
    public Task BRPC1007_is_found_between_two_services() =>
        Expect("""
            [ButlerService] public partial interface IBar { [ButlerMethod(Code = 7)] ValueTask AAsync(Text text); }
            [ButlerService] public partial interface IFoo { [ButlerMethod(Code = 7)] ValueTask {|BRPC1007:AAsync|}(Text text); }
            """);

    [Test]
    public Task BRPC1007_is_silent_for_the_same_method_inherited() =>
        Expect("""
            [ButlerService] public partial interface IBar { [ButlerMethod(Code = 7)] ValueTask AAsync(Text text); ValueTask BAsync(Text text); }
            [ButlerService] public partial interface IFoo : IBar { }
            """);

    [TestCase("ValueTask EchoAsync(CancellationToken {|BRPC1008:ct|}, Text text)")]
    [TestCase("ValueTask EchoAsync(Text text, CancellationToken {|BRPC1008:ct|}, CallContext context)")]
    public Task BRPC1008_the_token_comes_last_and_once(string method) => Expect($"[ButlerService] public partial interface IFoo {{ {method}; }}");

    [Test]
    public Task BRPC1008_is_silent_for_the_last_parameter() =>
        Expect("[ButlerService] public partial interface IFoo { ValueTask EchoAsync(Text text, IAsyncEnumerable<Text> more, CallContext context); ValueTask PingAsync(CancellationToken ct); }");

    [Test]
    public Task BRPC1007_tells_methods_of_one_name_apart_by_the_interfaces_that_declare_them() => Faults.ExpectMessage(
        "BRPC1007", "is used by IRepository<int>.GetAsync(int, CancellationToken) and IRepository<string>.GetAsync(int, CancellationToken);",
        "public interface IRepository<T> { Task<T> GetAsync(int id, CancellationToken ct); }\n[ButlerService] public partial interface IFoo : IRepository<int>, IRepository<string> { }");

    [TestCase("Task<Task>")]
    [TestCase("ValueTask<ValueTask<Text>>")]
    [TestCase("IAsyncEnumerable<Task<Text>>")]
    [TestCase("Task<IAsyncEnumerable<Text>>")]
    public Task BRPC1010_a_result_is_wrapped_once(string type) =>
        Expect($"[ButlerService] public partial interface IFoo {{ {{|BRPC1010:{type}|}} EchoAsync(Text text); }}");

    [Test]
    public Task BRPC1010_a_one_way_method_has_no_result() =>
        Expect("[ButlerService] public partial interface IFoo { [ButlerMethod(OneWay = true)] {|BRPC1010:ValueTask<Text>|} EchoAsync(Text text); }");

    [Test]
    public Task BRPC1010_is_silent_for_a_one_way_task() => Expect("[ButlerService] public partial interface IFoo { [ButlerMethod(OneWay = true)] Task EchoAsync(Text text); }");

    [TestCase("{|BRPC1015:Throws<Text>|}", "Task")] // has no Code
    [TestCase("{|BRPC1015:Throws<int>|}", "Task")]
    [TestCase("Throws<Busy>, {|BRPC1015:Throws<Busy>|}", "Task")]
    [TestCase("ButlerMethod(OneWay = true), {|BRPC1015:Throws<Busy>|}", "ValueTask")]
    public Task BRPC1015_a_fault_is_a_message_with_a_code(string attributes, string type) =>
        Expect($"[ButlerMessage(Code = 7)] public partial record Busy(int Seconds);\n[ButlerService] public partial interface IFoo {{ [{attributes}] {type} EchoAsync(Text text); }}");

    [Test]
    public Task BRPC1015_is_silent_for_messages_with_codes() => Expect("""
        [ButlerMessage(Code = 7)] public partial record Busy(int Seconds);
        [ButlerMessage(Code = 8)] public partial record Closed;
        [ButlerService] public partial interface IFoo { [Throws<Busy>, Throws<Closed>] IAsyncEnumerable<Text> EchoAsync(Text text); }
        """);

    [TestCase("IPlain")]
    [TestCase("Text")]
    public Task BRPC1016_a_callback_is_a_service(string type) =>
        Expect($"public interface IPlain;\n[ButlerService(Callback = {{|BRPC1016:typeof({type})|}})] public partial interface IFoo {{ ValueTask EchoAsync(Text text); }}");

    [Test]
    public Task BRPC1016_is_silent_for_a_service() => Expect("""
        [ButlerService] public partial interface IEvents { ValueTask HappenedAsync(Text text); }
        [ButlerService(Callback = typeof(IEvents))] public partial interface IFoo { ValueTask EchoAsync(Text text); }
        """);

    [TestCase("Task EchoAsync(Text text)", "Overflow = {|BRPC1017:StreamOverflow.DropOldest|}")]
    [TestCase("Task EchoAsync(IAsyncEnumerable<Tick> ticks)", "Overflow = {|BRPC1017:StreamOverflow.DropOldest|}")]
    [TestCase("IAsyncEnumerable<Tick> WatchAsync()", "Overflow = {|BRPC1017:StreamOverflow.LatestByKey|}")]
    [TestCase("IAsyncEnumerable<Tick> WatchAsync()", "Overflow = StreamOverflow.LatestByKey, Key = {|BRPC1017:\"Nothing\"|}")]
    [TestCase("IAsyncEnumerable<Tick> WatchAsync()", "Overflow = StreamOverflow.LatestByKey, Key = {|BRPC1017:\"_hidden\"|}")]
    [TestCase("IAsyncEnumerable<Tick> WatchAsync()", "Key = {|BRPC1017:nameof(Tick.Symbol)|}")]
    public Task BRPC1017_what_overflows_is_a_stream_with_a_key(string method, string options) =>
        Expect($"[ButlerMessage] public partial record Tick(string Symbol) {{ int _hidden = 0; public int Get() => _hidden; }}\n[ButlerService] public partial interface IFoo {{ [ButlerMethod({options})] {method}; }}");

    [TestCase("Overflow = StreamOverflow.LatestByKey, Key = nameof(Tick.Symbol)")]
    [TestCase("Overflow = StreamOverflow.LatestByKey, Key = nameof(Tick.Id)")]
    [TestCase("Overflow = StreamOverflow.DropOldest")]
    [TestCase("Overflow = StreamOverflow.Wait")]
    public Task BRPC1017_is_silent_for_what_fits(string options) => Expect($$"""
        [ButlerMessage] public partial record Base(int Id);
        [ButlerMessage] public partial record Tick(int Id, string Symbol) : Base(Id);
        [ButlerService] public partial interface IFoo { [ButlerMethod({{options}})] IAsyncEnumerable<Tick> WatchAsync(); }
        """);

    [TestCase("Code = {|BRPC1019:0|}")]
    [TestCase("Code = {|BRPC1019:-4|}")]
    [TestCase("MaxInFlight = {|BRPC1019:-1|}")]
    [TestCase("TimeoutMilliseconds = {|BRPC1019:-1|}")]
    [TestCase("ItemTimeoutMilliseconds = {|BRPC1019:100|}")]
    public Task BRPC1019_an_option_can_be_meant(string option) =>
        Expect($"[ButlerService] public partial interface IFoo {{ [ButlerMethod({option})] ValueTask EchoAsync(Text text); }}");

    [Test]
    public Task BRPC1019_is_silent_for_what_options_may_be() => Expect("""
        [ButlerService] public partial interface IFoo
        {
            [ButlerMethod(Code = 1, MaxInFlight = 0, TimeoutMilliseconds = 0, ItemTimeoutMilliseconds = 0)] ValueTask EchoAsync(Text text);
            [ButlerMethod(ItemTimeoutMilliseconds = 100)] IAsyncEnumerable<int> WatchAsync(CancellationToken ct);
            [ButlerMethod(ItemTimeoutMilliseconds = 100)] Task UploadAsync(IAsyncEnumerable<int> items, CancellationToken ct);
        }
        """);

    [Test]
    public Task BRPC1018_ordered_calls_run_one_at_a_time() =>
        Expect("[ButlerService] public partial interface IFoo { [ButlerMethod(Ordered = true, MaxInFlight = {|BRPC1018:4|})] ValueTask EchoAsync(Text text); }");

    [TestCase("Ordered = true")]
    [TestCase("MaxInFlight = 4")]
    [TestCase("Ordered = false, MaxInFlight = 4")]
    public Task BRPC1018_is_silent_for_one_of_both(string options) => Expect($"[ButlerService] public partial interface IFoo {{ [ButlerMethod({options})] ValueTask EchoAsync(Text text); }}");

    [Test]
    public Task A_fault_can_be_silenced_by_pragma() =>
        Expect("""
            #pragma warning disable BRPC1008
            [ButlerService] public partial interface IFoo { ValueTask EchoAsync(CancellationToken ct, Text text); }
            """);

    [Test]
    public Task An_inherited_service_reports_its_own_members() =>
        Expect("""
            [ButlerService] public partial interface IBar { {|BRPC1003:int|} Count(); }
            [ButlerService] public partial interface IFoo : IBar { }
            """);
}
