namespace ButlerRpc.Generator.Tests;

/// <summary>One mistake, one error, at its exact place; and the near-miss that must stay silent.</summary>
sealed class MessageFaultTests
{
    static Task Expect(string markup, params string[] others) => Faults.Expect("using ButlerRpc;\n" + markup, others);

    [Test]
    public Task BRPC0001_a_message_must_be_partial() => Expect("[ButlerMessage] public record {|BRPC0001:Order|}(int Id);");

    [Test]
    public Task BRPC0001_so_must_the_type_around_it() => Expect("class {|BRPC0001:Outer|} { [ButlerMessage] internal partial record Order(int Id); }");

    [Test]
    public Task BRPC0001_is_silent_for_records_that_are_no_messages() => Expect("public record Order(int Id);");

    [Test]
    public Task BRPC0001_is_reported_once_for_a_message_in_two_files() =>
        Expect("[ButlerMessage] public record class {|BRPC0001:{|CS0260:Order|}|}(int Id);", "public partial record class Order;");

    [Test]
    public Task BRPC0002_a_message_must_be_within_reach() => Expect("partial class Outer { [ButlerMessage] private partial record {|BRPC0002:Order|}(int Id); }");

    [Test]
    public Task BRPC0002_is_silent_for_internal_messages() => Expect("partial class Outer { [ButlerMessage] internal partial record Order(int Id); }");

    [Test]
    public Task BRPC0003_two_messages_need_two_codes() =>
        Expect("[ButlerMessage(Code = 7)] public partial record A(int Id);\n[ButlerMessage(Code = {|BRPC0003:7|})] public partial record B(int Id);");

    [Test]
    public Task BRPC0003_is_silent_for_messages_without_a_code() => Expect("[ButlerMessage] public partial record A(int Id);\n[ButlerMessage] public partial record B(int Id);");

    [TestCase("0")]
    [TestCase("-1")]
    public Task BRPC0004_a_code_is_in_range(string code) => Expect($"[ButlerMessage(Code = {{|BRPC0004:{code}|}})] public partial record A(int Id);");

    [Test]
    public Task BRPC0004_is_silent_for_iproto_data_that_travels_inside_other_messages() => Expect("[ButlerMessage(Formats = MessageFormats.Iproto)] public partial record A(int Id);");

    [Test]
    public Task BRPC0004_is_silent_for_the_largest_code() => Expect("[ButlerMessage(Code = 0x7FFF_FFFF)] public partial record A(int Id);");

    [Test]
    public Task BRPC0005_iproto_keeps_its_control_codes() =>
        Expect("[ButlerMessage(Code = {|BRPC0005:0xFF01|}, Formats = MessageFormats.Iproto)] public partial record A(int Id);");

    [Test]
    public Task BRPC0005_is_silent_without_iproto() => Expect("[ButlerMessage(Code = 0xFF01)] public partial record A(int Id);");

    [Test]
    public Task BRPC0006_a_settable_member_needs_an_index() => Expect("[ButlerMessage] public partial class A { public int {|BRPC0006:Id|} { get; set; } }");

    [Test]
    public Task BRPC0006_is_silent_for_ignored_and_computed_members() =>
        Expect("[ButlerMessage] public partial class A { [ButlerField(0)] public int Id { get; set; } [ButlerIgnore] public int Other { get; set; } public int Twice => 2 * Id; }");

    [Test]
    public Task BRPC0007_two_members_need_two_indexes() =>
        Expect("[ButlerMessage] public partial class A { [ButlerField(0)] public int Id { get; set; } [ButlerField(0)] public int {|BRPC0007:Other|} { get; set; } }");

    [Test]
    public Task BRPC0007_is_found_across_the_inheritance_chain() => Expect("""
        public abstract class Base { [ButlerField(0)] public int Id { get; set; } }
        [ButlerMessage] public partial class A : Base { [ButlerField(0)] public int {|BRPC0007:Other|} { get; set; } }
        """);

    [Test]
    public Task BRPC0009_an_index_is_in_range() => Expect("[ButlerMessage] public partial class A { [ButlerField(4096)] public int {|BRPC0009:Id|} { get; set; } }");

    [Test]
    public Task BRPC0010_a_type_needs_a_wire_form() => Expect("[ButlerMessage] public partial record A(int[,] {|BRPC0010:Matrix|});");

    [Test]
    public Task BRPC0010_is_silent_for_jagged_arrays() => Expect("[ButlerMessage] public partial record A(int[][] Matrix);");

    [TestCase("object")]
    [TestCase("Action")]
    [TestCase("System.IO.Stream")]
    public Task BRPC0011_a_type_must_be_data(string type) => Expect($"[ButlerMessage] public partial record A({type} {{|BRPC0011:Value|}});");

    [Test]
    public Task BRPC0012_a_users_type_must_be_a_message() => Expect("public record Line(int Id);\n[ButlerMessage] public partial record A(List<Line> {|BRPC0012:Lines|});");

    [Test]
    public Task BRPC0012_a_parameters_type_must_be_a_message() =>
        Expect("public record Line(int Id);\n[ButlerService] public partial interface IFoo { Task AddAsync({|BRPC0012:Line|} line, CancellationToken ct); Task<{|BRPC0012:List<Line>|}> X(CancellationToken ct); }".Replace("Task<{|BRPC0012:List<Line>|}>", "{|BRPC0012:Task<List<Line>>|}", StringComparison.Ordinal));

    [Test]
    public Task BRPC0012_is_silent_for_messages() => Expect("[ButlerMessage] public partial record Line(int Id);\n[ButlerMessage] public partial record A(List<Line> Lines);");

    [Test]
    public Task BRPC0013_an_abstract_type_needs_a_union() =>
        Expect("[ButlerMessage] public abstract partial record Shape;\n[ButlerMessage] public partial record A(Shape {|BRPC0013:Shape|});");

    [Test]
    public Task BRPC0014_a_case_is_of_the_union() => Expect("""
        [ButlerMessage, {|BRPC0014:ButlerUnion(0, typeof(Circle))|}] public abstract partial record Shape;
        [ButlerMessage] public partial record Circle(int Radius);
        """);

    [Test]
    public Task BRPC0014_a_tag_is_used_once() => Expect("""
        [ButlerMessage, ButlerUnion(0, typeof(Circle)), {|BRPC0014:ButlerUnion(0, typeof(Square))|}] public abstract partial record Shape;
        [ButlerMessage] public partial record Circle(int Radius) : Shape;
        [ButlerMessage] public partial record Square(int Side) : Shape;
        """);

    [Test]
    public Task BRPC0014_is_silent_for_a_closed_set() => Expect("""
        [ButlerMessage, ButlerUnion(0, typeof(Circle)), ButlerUnion(1, typeof(Square))] public abstract partial record Shape;
        [ButlerMessage] public partial record Circle(int Radius) : Shape;
        [ButlerMessage] public partial record Square(int Side) : Shape;
        """);

    [Test]
    public Task BRPC0017_a_message_needs_a_constructor() =>
        Expect("[ButlerMessage] public partial class {|BRPC0017:A|} { public A(string other) { } [ButlerField(0)] public int Id { get; set; } }");

    [Test]
    public Task BRPC0018_a_member_must_be_settable() => Expect("[ButlerMessage] public partial class A { [ButlerField(0)] public int {|BRPC0018:Id|} { get; } }");

    [Test]
    public Task BRPC0018_is_silent_for_a_constructor_parameter() => Expect("[ButlerMessage] public partial class A(int id) { [ButlerField(0)] public int Id { get; } = id; }");

    [Test]
    public async Task BRPC0021_a_referenced_message_needs_its_codec()
    {
        using var image = new MemoryStream();
        Generated.Compile("Library", ["[ButlerRpc.ButlerMessage] public record Line(string Sku);"]).Emit(image);

        await Faults.Expect(
            "using ButlerRpc;\n[ButlerMessage] public partial record Order(Line {|BRPC0021:Line|});", [],
            [Microsoft.CodeAnalysis.MetadataReference.CreateFromImage(image.ToArray())]);
    }

    [Test]
    public Task BRPC0022_an_open_generic_has_no_code() => Expect("[ButlerMessage(Code = 5)] public partial record {|BRPC0022:Page|}<T>(T Item);");

    [Test]
    public Task BRPC0022_is_silent_for_a_generic_that_is_closed_where_it_is_used() =>
        Expect("[ButlerMessage] public partial record Page<T>(T Item);\n[ButlerMessage] public partial record Book(Page<int> First);");

    [Test]
    public Task BRPC0026_a_codec_is_for_the_members_type() => Expect("""
        public static class TextCodec
        {
            public static void Write(ref ButlerRpc.Codec.MessagePackWriter writer, string value) => writer.WriteString(value);
            public static string Read(ref ButlerRpc.Codec.MessagePackReader reader) => reader.ReadString()!;
        }
        [ButlerMessage] public partial record Order([property: UseCodec(typeof(TextCodec))] int {|BRPC0026:Id|}, [property: UseCodec(typeof(TextCodec))] string Name);
        """);

    [Test]
    public Task A_fault_can_be_silenced_by_pragma() => Expect("""
        #pragma warning disable BRPC0006
        [ButlerMessage] public partial class A { public int Id { get; set; } }
        """);
}
