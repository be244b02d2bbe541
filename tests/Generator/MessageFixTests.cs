namespace ButlerRpc.Generator.Tests;

sealed class MessageFixTests
{
    static Task Expect(string id, string source, string expected, string? action = null, string? contract = null) =>
        Fixes.Expect(id, "using ButlerRpc;\n\n" + source, "using ButlerRpc;\n\n" + expected, action, contract: contract);

    [Test]
    public Task BRPC0001_makes_the_message_partial() => Expect("BRPC0001", "[ButlerMessage]\npublic record Order(int Id);\n", "[ButlerMessage]\npublic partial record Order(int Id);\n");

    [Test]
    public Task BRPC0002_makes_the_message_internal() => Expect(
        "BRPC0002",
        "partial class Outer\n{\n    [ButlerMessage]\n    private partial record Order(int Id);\n}\n",
        "partial class Outer\n{\n    [ButlerMessage]\n    internal partial record Order(int Id);\n}\n");

    [Test]
    public Task BRPC0003_takes_the_next_free_code() => Expect(
        "BRPC0003",
        "[ButlerMessage(Code = 1)] public partial record A(int Id);\n[ButlerMessage(Code = 1)] public partial record B(int Id);\n",
        "[ButlerMessage(Code = 1)] public partial record A(int Id);\n[ButlerMessage(Code = 2)] public partial record B(int Id);\n");

    [Test]
    public Task BRPC0004_takes_a_free_code() => Expect("BRPC0004", "[ButlerMessage(Code = 0)] public partial record A(int Id);\n", "[ButlerMessage(Code = 1)] public partial record A(int Id);\n");

    [Test]
    public Task BRPC0004_gives_a_code() => Expect(
        "BRPC0004",
        "[ButlerMessage(Code = 0)] public partial record A(int Id);\n",
        "[ButlerMessage(Code = 1)] public partial record A(int Id);\n");

    [Test]
    public Task BRPC0005_takes_a_free_code() => Expect(
        "BRPC0005",
        "[ButlerMessage(Code = 0xFF00, Formats = MessageFormats.Iproto)] public partial record A(int Id);\n",
        "[ButlerMessage(Code = 1, Formats = MessageFormats.Iproto)] public partial record A(int Id);\n");

    [Test]
    public Task BRPC0006_adds_the_next_index() => Expect(
        "BRPC0006",
        "[ButlerMessage]\npublic partial class A\n{\n    [ButlerField(0)]\n    public int Id { get; set; }\n\n    public int Count { get; set; }\n}\n",
        "[ButlerMessage]\npublic partial class A\n{\n    [ButlerField(0)]\n    public int Id { get; set; }\n\n    [ButlerField(1)]\n    public int Count { get; set; }\n}\n",
        "Add [ButlerField");

    [Test]
    public Task BRPC0006_ignores_the_member() => Expect(
        "BRPC0006",
        "[ButlerMessage]\npublic partial record A(int Id)\n{\n    public int Count { get; set; }\n}\n",
        "[ButlerMessage]\npublic partial record A(int Id)\n{\n    [ButlerIgnore]\n    public int Count { get; set; }\n}\n",
        "Add [ButlerIgnore");

    [Test]
    public Task BRPC0007_takes_the_next_index() => Expect(
        "BRPC0007",
        "[ButlerMessage] public partial class A { [ButlerField(0)] public int Id { get; set; } [ButlerField(0)] public int Count { get; set; } }\n",
        "[ButlerMessage] public partial class A { [ButlerField(0)] public int Id { get; set; } [ButlerField(1)] public int Count { get; set; } }\n");

    [Test]
    public Task BRPC0012_annotates_the_type() => Expect(
        "BRPC0012",
        "public record Line(string Sku);\n\n[ButlerMessage]\npublic partial record Order(List<Line> Lines);\n",
        "[ButlerMessage]\npublic partial record Line(string Sku);\n\n[ButlerMessage]\npublic partial record Order(List<Line> Lines);\n");

    [Test]
    public Task BRPC0012_annotates_the_type_of_a_parameter() => Expect(
        "BRPC0012",
        "public record Line(string Sku);\n\n[ButlerService]\npublic partial interface IFoo { Task AddAsync(Line line, CancellationToken ct); }\n",
        "[ButlerMessage]\npublic partial record Line(string Sku);\n\n[ButlerService]\npublic partial interface IFoo { Task AddAsync(Line line, CancellationToken ct); }\n");

    [Test]
    public Task BRPC0018_adds_init() => Expect(
        "BRPC0018",
        "[ButlerMessage] public partial class A { [ButlerField(0)] public int Id { get; } }\n",
        "[ButlerMessage] public partial class A { [ButlerField(0)] public int Id { get; init; } }\n");

    [Test]
    public Task BRPC3002_records_the_addition() => Expect(
        "BRPC3002",
        "[ButlerMessage] public partial record Order(int Id, string? Note);\n",
        "[ButlerMessage] public partial record Order(int Id, string? Note);\n",
        contract: "message Order array\nmessage Order field 0 Id int32\n");

    [Test]
    public Task BRPC3003_restores_the_code() => Expect(
        "BRPC3003",
        "[ButlerMessage(Code = 8)] public partial record Order(int Id);\n",
        "[ButlerMessage(Code = 7)] public partial record Order(int Id);\n",
        contract: "message Order array\nmessage Order code 7\nmessage Order field 0 Id int32\n");

    [Test]
    public Task BRPC3005_reserves_the_index() => Expect(
        "BRPC3005",
        "[ButlerMessage]\npublic partial record Order(int Id);\n",
        "[ButlerReserved(1)]\n[ButlerMessage]\npublic partial record Order(int Id);\n",
        contract: "message Order array\nmessage Order field 0 Id int32\nmessage Order field 1 Note string?\n");
}
