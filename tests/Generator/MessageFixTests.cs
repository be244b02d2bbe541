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
    public Task BRPC0008_reserves_the_gap() => Expect(
        "BRPC0008",
        "[ButlerMessage]\npublic partial record Order([property: ButlerField(0)] int Id, [property: ButlerField(3)] int Count);\n",
        "[ButlerReserved(1, 2)]\n[ButlerMessage]\npublic partial record Order([property: ButlerField(0)] int Id, [property: ButlerField(3)] int Count);\n");

    [Test]
    public Task BRPC0008_adds_to_what_is_reserved() => Expect(
        "BRPC0008",
        "[ButlerMessage, ButlerReserved(4)]\npublic partial record Order(int Id, [property: ButlerField(2)] int Count);\n",
        "[ButlerMessage, ButlerReserved(4, 1)]\npublic partial record Order(int Id, [property: ButlerField(2)] int Count);\n");

    [Test]
    public Task BRPC0010_ignores_the_member() => Expect(
        "BRPC0010",
        "[ButlerMessage]\npublic partial class A\n{\n    [ButlerField(0)]\n    public int[,]? Matrix { get; set; }\n}\n",
        "[ButlerMessage]\npublic partial class A\n{\n    [ButlerIgnore]\n    [ButlerField(0)]\n    public int[,]? Matrix { get; set; }\n}\n");

    [Test]
    public Task BRPC0011_ignores_the_positional_member() => Expect(
        "BRPC0011",
        "[ButlerMessage] public partial record A(int Id, object? Tag = null);\n",
        "[ButlerMessage] public partial record A(int Id, [property: ButlerIgnore] object? Tag = null);\n");

    [Test]
    public Task BRPC0013_lists_the_cases() => Expect(
        "BRPC0013",
        "[ButlerMessage]\npublic abstract partial record Shape;\n\n[ButlerMessage]\npublic partial record Circle(int Radius) : Shape;\n\n[ButlerMessage]\npublic partial record Square(int Side) : Shape;\n\n[ButlerMessage]\npublic partial record A(Shape Shape);\n",
        "[ButlerUnion(0, typeof(Circle))]\n[ButlerUnion(1, typeof(Square))]\n[ButlerMessage]\npublic abstract partial record Shape;\n\n[ButlerMessage]\npublic partial record Circle(int Radius) : Shape;\n\n[ButlerMessage]\npublic partial record Square(int Side) : Shape;\n\n[ButlerMessage]\npublic partial record A(Shape Shape);\n");

    [Test]
    public Task BRPC0014_takes_the_next_tag() => Expect(
        "BRPC0014",
        "[ButlerUnion(3, typeof(Circle)), ButlerUnion(3, typeof(Square))] public abstract partial record Shape;\n[ButlerMessage] public partial record Circle : Shape;\n[ButlerMessage] public partial record Square : Shape;\n",
        "[ButlerUnion(3, typeof(Circle)), ButlerUnion(4, typeof(Square))] public abstract partial record Shape;\n[ButlerMessage] public partial record Circle : Shape;\n[ButlerMessage] public partial record Square : Shape;\n");

    [Test]
    public Task BRPC0015_makes_the_member_nullable() => Expect(
        "BRPC0015",
        "[ButlerMessage] public partial record A(int Id, B Other);\n[ButlerMessage] public partial record B(int Id, A Back);\n",
        "[ButlerMessage] public partial record A(int Id, B? Other);\n[ButlerMessage] public partial record B(int Id, A Back);\n");

    [Test]
    public Task BRPC0017_adds_a_constructor() => Expect(
        "BRPC0017",
        "[ButlerMessage]\npublic partial class A\n{\n    public A(string text)\n    {\n        Id = text.Length;\n    }\n\n    [ButlerField(0)]\n    public int Id { get; set; }\n}\n",
        "[ButlerMessage]\npublic partial class A\n{\n    A()\n    {\n    }\n\n    public A(string text)\n    {\n        Id = text.Length;\n    }\n\n    [ButlerField(0)]\n    public int Id { get; set; }\n}\n");

    [Test]
    public Task BRPC0020_makes_the_record_readonly() => Expect(
        "BRPC0020", "[ButlerMessage]\npublic partial record struct A(int Id);\n", "[ButlerMessage]\npublic readonly partial record struct A(int Id);\n");

    [Test]
    public Task BRPC0020_makes_the_members_init() => Expect(
        "BRPC0020",
        "[ButlerMessage]\npublic partial struct A\n{\n    [ButlerField(0)]\n    public int Id { get; set; }\n\n    [ButlerField(1)]\n    public string? Name;\n}\n",
        "[ButlerMessage]\npublic readonly partial struct A\n{\n    [ButlerField(0)]\n    public int Id { get; init; }\n\n    [ButlerField(1)]\n    public string? Name { get; init; }\n}\n");

    [TestCase("DateTime", "DateTimeOffset")]
    [TestCase("List<DateTime?>", "List<DateTimeOffset?>")]
    [TestCase("System.DateTime", "System.DateTimeOffset")]
    public Task BRPC0025_uses_DateTimeOffset(string type, string fixedType) => Expect(
        "BRPC0025", $"[ButlerMessage] public partial record A({type} At);\n", $"[ButlerMessage] public partial record A({fixedType} At);\n");

    [Test]
    public Task BRPC0025_uses_DateTimeOffset_in_a_result() => Expect(
        "BRPC0025",
        "[ButlerService] public partial interface IFoo { Task<DateTime> NextAsync(CancellationToken ct); }\n",
        "[ButlerService] public partial interface IFoo { Task<DateTimeOffset> NextAsync(CancellationToken ct); }\n");
}
