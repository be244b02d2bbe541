using ButlerRpc.Generator.Parsing;

namespace ButlerRpc.Generator.Tests;

/// <summary>The recorded contract against the present one.</summary>
sealed class ContractFileTests
{
    const string Order = """
        message Order array
        message Order code 1
        message Order field 0 Id int32
        message Order field 1 Note string?
        """;

    static Task Expect(string recorded, string markup) => Faults.ExpectContract(recorded, "using ButlerRpc;\n" + markup);

    [Test]
    public Task BRPC3001_a_library_records_its_contract() =>
        Faults.Expect("using ButlerRpc;\n[ButlerService] public partial interface {|BRPC3001:IFoo|} { Task PingAsync(CancellationToken ct); }");

    [Test]
    public Task BRPC3001_is_silent_with_a_file() => Expect(
        "method IFoo.PingAsync code 2573218110 unary".Replace("2573218110", Hash("IFoo.PingAsync"), StringComparison.Ordinal),
        "[ButlerService] public partial interface IFoo { Task PingAsync(CancellationToken ct); }");

    [Test]
    public Task An_unchanged_contract_is_silent() => Expect(Order, "[ButlerMessage(Code = 1)] public partial record Order(int Id, string? Note);");

    [Test]
    public Task BRPC3002_a_new_member_is_to_be_recorded() =>
        Expect(Order, "[ButlerMessage(Code = 1)] public partial record Order(int Id, string? Note, int {|BRPC3002:Count|});");

    [Test]
    public Task BRPC3002_a_new_message_is_to_be_recorded() =>
        Expect(Order, "[ButlerMessage(Code = 1)] public partial record Order(int Id, string? Note);\n[ButlerMessage] public partial record {|BRPC3002:Line|}(int Id);");

    [Test]
    public Task BRPC3003_a_code_is_kept() => Expect(Order, "[ButlerMessage(Code = 2)] public partial record {|BRPC3003:Order|}(int Id, string? Note);");

    [Test]
    public Task BRPC3003_a_methods_code_is_kept() => Expect(
        "method IFoo.PingAsync code 5 unary", "[ButlerService] public partial interface IFoo { [ButlerMethod(Code = 6)] Task {|BRPC3003:PingAsync|}(CancellationToken ct); }");

    [Test]
    public Task BRPC3004_a_type_is_kept() => Expect(Order, "[ButlerMessage(Code = 1)] public partial record Order(string {|BRPC3004:Id|}, string? Note);");

    [Test]
    public Task BRPC3004_is_silent_for_a_type_that_old_peers_understand() =>
        Expect(Order.Replace("int32", "int64", StringComparison.Ordinal), "[ButlerMessage(Code = 1)] public partial record Order(long Id, string? Note);");

    [Test]
    public Task BRPC3005_a_member_is_not_dropped() => Expect(Order, "[ButlerMessage(Code = 1)] public partial record {|BRPC3005:Order|}(int Id);");

    [Test]
    public Task BRPC3005_a_message_is_not_dropped() => Expect("{|BRPC3005:message Order array|}", "");

    [Test]
    public Task BRPC3005_a_retired_index_is_not_used_again() => Expect(
        "message Order array\nmessage Order field 0 Id int32\nRETIRED message Order field 1 Old string?",
        "[ButlerMessage] public partial record Order(int Id, string? {|BRPC3005:Note|});");

    [Test]
    public Task BRPC3005_is_silent_for_what_was_retired() => Expect(
        "message Order array\nmessage Order field 0 Id int32\nmessage Order reserved 1\nRETIRED message Order field 1 Old string?",
        "[ButlerMessage, ButlerReserved(1)] public partial record Order(int Id);");

    [Test]
    public Task BRPC3007_a_new_member_is_optional() =>
        Expect(Order, "[ButlerMessage(Code = 1)] public partial record Order(int Id, string? Note, string {|BRPC3007:Name|});");

    [Test]
    public Task BRPC3007_is_silent_for_a_member_that_may_be_nil() =>
        Expect(Order + "\nmessage Order field 2 Name string?", "[ButlerMessage(Code = 1)] public partial record Order(int Id, string? Note, string? Name);");

    [Test]
    public Task BRPC3002_is_silent_for_what_is_recorded() => Expect(Order, "[ButlerMessage(Code = 1)] public partial record Order(int Id, string? Note);");

    [Test]
    public Task BRPC3003_is_silent_for_the_code_that_was_recorded() =>
        Expect("method IFoo.PingAsync code 5 unary", "[ButlerService] public partial interface IFoo { [ButlerMethod(Code = 5)] Task PingAsync(CancellationToken ct); }");

    [Test]
    public void The_file_has_one_fact_a_line_in_an_order_that_differs_little()
    {
        var generated = Generated.From("""
            using ButlerRpc;
            namespace Shop;
            [ButlerService] public partial interface IOrders
            {
                ValueTask<Receipt> PlaceAsync(Order order, CancellationToken ct);
                [ButlerMethod(Code = 9)] IAsyncEnumerable<int> WatchAsync(Colour colour, IAsyncEnumerable<Line> lines, int most = 5, CancellationToken ct = default);
            }
            [ButlerMessage(Code = 3), ButlerReserved(1)] public partial record Order([property: ButlerField(0)] int Id, [property: ButlerField(10)] List<Line>? Lines, [property: ButlerField(2)] Dictionary<string, Guid> Keys);
            [ButlerMessage] public partial record Line(string Sku);
            [ButlerMessage] public partial record Receipt(DateTimeOffset At);
            public enum Colour : byte { Red }
            """);

        Assert.That(ContractFacts.Of(generated.Compilation, default).Lines, Is.EqualTo("""
            enum Shop.Colour uint8
            message Shop.Line array
            message Shop.Line field 0 Sku string required
            message Shop.Order array
            message Shop.Order code 3
            message Shop.Order field 0 Id int32
            message Shop.Order field 2 Keys map<string,guid> required
            message Shop.Order field 10 Lines list<Shop.Line>?
            message Shop.Order reserved 1
            message Shop.Receipt array
            message Shop.Receipt field 0 At timestamp+offset
            method Shop.IOrders.PlaceAsync code 3 unary
            method Shop.IOrders.PlaceAsync request Shop.Order
            method Shop.IOrders.PlaceAsync result Shop.Receipt
            method Shop.IOrders.WatchAsync code 9 duplex
            method Shop.IOrders.WatchAsync argument 0 colour Shop.Colour
            method Shop.IOrders.WatchAsync argument 1 most int32
            method Shop.IOrders.WatchAsync stream 1 lines Shop.Line
            method Shop.IOrders.WatchAsync result int32
            """.Split('\n')));
    }

    [Test]
    public void A_retired_member_leaves_a_line_behind()
    {
        var generated = Generated.From("[ButlerRpc.ButlerMessage, ButlerRpc.ButlerReserved(1)] public partial record Order(int Id);");
        var file = ContractFacts.Of(generated.Compilation, default).ToFile(["message Order array", "message Order field 0 Id int32", "message Order field 1 Old string?", "RETIRED message Order field 5 Older int32"]);

        Assert.That(file.Skip(2), Is.EqualTo(
            ["message Order array", "message Order field 0 Id int32", "message Order reserved 1", "RETIRED message Order field 1 Old string?", "RETIRED message Order field 5 Older int32"]));
    }

    static string Hash(string name) => (Emitting.StableHash.Of32(name) | 0x8000_0000u).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
