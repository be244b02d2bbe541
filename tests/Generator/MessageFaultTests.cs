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
    public Task BRPC0007_is_silent_for_an_override() => Expect("""
        public abstract class Base { [ButlerField(0)] public virtual int Id { get; set; } }
        [ButlerMessage] public partial class A : Base { [ButlerField(0)] public override int Id { get; set; } }
        """);

    [Test]
    public Task BRPC0008_an_index_is_not_skipped() =>
        Expect("[ButlerMessage] public partial class A { [ButlerField(0)] public int Id { get; set; } [ButlerField(3)] public int {|BRPC0008:Other|} { get; set; } }");

    [Test]
    public Task BRPC0008_is_silent_for_reserved_indexes() => Expect("""
        [ButlerMessage, ButlerReserved(1)] public partial record Base([property: ButlerField(0)] int Id, [property: ButlerField(2)] int Other);
        [ButlerMessage, ButlerReserved(4)] public partial record A(int Id, int Other, [property: ButlerField(3)] int More, [property: ButlerField(5)] int Last) : Base(Id, Other);
        """);

    [Test]
    public Task BRPC0008_is_silent_for_the_map_layout() => Expect("[ButlerMessage(Layout = MessageLayout.Map)] public partial class A { [ButlerField(7)] public int Id { get; set; } }");

    [Test]
    public Task BRPC0008_is_reported_by_the_message_that_skips() => Expect("""
        [ButlerMessage] public partial record Base([property: ButlerField(0)] int Id, [property: ButlerField(2)] int {|BRPC0008:Other|});
        [ButlerMessage] public partial record A(int Id, int Other, int More) : Base(Id, Other);
        """);

    [Test]
    public Task BRPC0009_an_index_is_in_range() => Expect("[ButlerMessage] public partial class A { [ButlerField(4096)] public int {|BRPC0009:Id|} { get; set; } }");

    [TestCase(0)]
    [TestCase(4095)]
    public Task BRPC0009_is_silent_for_the_first_and_the_last(int index) =>
        Expect($"[ButlerMessage(Layout = MessageLayout.Map)] public partial class A {{ [ButlerField({index})] public int Id {{ get; set; }} }}");

    [Test]
    public Task BRPC0010_a_type_needs_a_wire_form() => Expect("[ButlerMessage] public partial record A(int[,] {|BRPC0010:Matrix|});");

    [Test]
    public Task BRPC0010_is_silent_for_jagged_arrays() => Expect("[ButlerMessage] public partial record A(int[][] Matrix);");

    [TestCase("decimal")]
    [TestCase("int?")]
    [TestCase("Line")]
    public Task BRPC0010_iproto_knows_fewer_types(string type) =>
        Expect($"[ButlerMessage] public partial record Line(int Id);\n[ButlerMessage(Code = 1, Formats = MessageFormats.Iproto)] public partial record A({type} {{|BRPC0010:Value|}});");

    [Test]
    public Task BRPC0010_a_union_has_no_iproto_form() => Expect("""
        [ButlerMessage(Code = 1, Formats = {|BRPC0010:MessageFormats.Iproto|}), ButlerUnion(0, typeof(Circle))] public abstract partial record Shape;
        [ButlerMessage] public partial record Circle(int Radius) : Shape;
        """);

    [Test]
    public Task BRPC0010_is_silent_for_what_iproto_has() => Expect("""
        [ButlerMessage(Formats = MessageFormats.Iproto)] public partial record Line(int Id);
        [ButlerMessage(Code = 1, Formats = MessageFormats.Iproto)] public partial record A(string? Note, List<Line> Lines, byte[] Rest);
        """);

    [TestCase("object")]
    [TestCase("Action")]
    [TestCase("System.IO.Stream")]
    public Task BRPC0011_a_type_must_be_data(string type) => Expect($"[ButlerMessage] public partial record A({type} {{|BRPC0011:Value|}});");

    [TestCase("object")]
    [TestCase("System.IO.Stream")]
    public Task BRPC0011_a_parameter_must_be_data(string type) => Expect($"[ButlerService] public partial interface IFoo {{ Task AddAsync({{|BRPC0011:{type}|}} value, CancellationToken ct); }}");

    [Test]
    public Task BRPC0011_a_message_is_no_ref_struct() => Expect("[ButlerMessage] public ref partial struct {|BRPC0011:A|} { [ButlerField(0)] public int Id { get; init; } }");

    [Test]
    public Task BRPC0011_a_pointer_is_the_one_error_of_its_method() =>
        Expect("[ButlerService] public unsafe partial interface IFoo { Task AddAsync({|BRPC0011:int*|} value, CancellationToken ct); {|BRPC0011:Task<int*[]>|} AllAsync(CancellationToken ct); }");

    [TestCase("BRPC0010", "nint", "; pass what it holds as data, or give it a codec with [UseCodec]")]
    [TestCase("BRPC0011", "Action", "; pass what it holds as data")]
    public Task What_a_method_cannot_carry_is_not_to_be_left_out(string id, string type, string advice) =>
        Faults.ExpectMessage(id, advice, $"[ButlerService] public partial interface IFoo {{ Task AddAsync({type} value, CancellationToken ct); }}");

    [TestCase("[ButlerMessage] public partial record A(Misspelt X, List<Misspelt>? Y);")]
    [TestCase("[ButlerService] public partial interface IFoo { Task<Misspelt> AddAsync(Misspelt value, CancellationToken ct); }")]
    [TestCase("[ButlerUnion(0, typeof(Misspelt))] public abstract partial record A;")]
    [TestCase("[ButlerMessage(Code = Misspelt)] public partial record A(int X);")]
    [TestCase("[ButlerMessage] public delegate void D();")]
    [TestCase("[ButlerMessage] public partial record A(int X) { } [ButlerMessage] public partial record A;")]
    public async Task What_the_compiler_refuses_is_no_fault_of_a_contract_too(string source) =>
        Assert.That((await Faults.ReportedBy(Generated.From($"using ButlerRpc;\n{source}").Compilation)).Where(d => d.Id.StartsWith("BRPC", StringComparison.Ordinal) && d.Id != "BRPC3001"), Is.Empty);

    [Test]
    public Task A_name_without_an_end_is_cut() => Faults.ExpectMessage(
        "BRPC0010", "…', which has no wire form: it is nested without an end",
        "[ButlerMessage] public partial record G<T>(G<List<T>>? X);\n[ButlerMessage] public partial record U(G<int> X);");

    [Test]
    public Task BRPC0011_is_silent_for_an_encoded_value() => Expect("[ButlerMessage] public partial record A(RawMessage Value, byte[] Bytes);");

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
    public Task BRPC0013_is_silent_for_a_base_that_is_no_member() =>
        Expect("[ButlerMessage] public abstract partial record Shape(int Id);\n[ButlerMessage] public partial record Circle(int Id, int Radius) : Shape(Id);");

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

    [TestCase("[ButlerMessage] public partial record A(int Id, A {|BRPC0015:Next|});")]
    [TestCase("[ButlerMessage] public partial record A(int Id, B {|BRPC0015:Other|});\n[ButlerMessage] public partial record B(C Third);\n[ButlerMessage] public partial record C(A Back);")]
    [TestCase("[ButlerMessage] public partial record A((int, B) {|BRPC0015:Pair|});\n[ButlerMessage] public readonly partial record struct B(A Back);")]
    [TestCase("[ButlerMessage] public partial record A(Page<A> {|BRPC0015:Page|});\n[ButlerMessage] public partial record Page<T>(T Item);")]
    [TestCase("[ButlerMessage] public partial record A(Shape {|BRPC0015:Shape|});\n[ButlerUnion(0, typeof(Circle))] public abstract partial record Shape;\n[ButlerMessage] public partial record Circle(A Back) : Shape;")]
    public Task BRPC0015_a_message_must_be_able_to_end(string source) => Expect(source);

    [TestCase("[ButlerMessage] public partial record A(int Id, A? Next);")]
    [TestCase("[ButlerMessage] public partial record A(List<A> Children, A[] More);")]
    [TestCase("[ButlerMessage] public partial record A(int Id, B Other);\n[ButlerMessage] public partial record B(A? Back);")]
    [TestCase("[ButlerMessage] public partial record A(Shape Shape);\n[ButlerUnion(0, typeof(Circle)), ButlerUnion(1, typeof(Dot))] public abstract partial record Shape;\n[ButlerMessage] public partial record Circle(A Back) : Shape;\n[ButlerMessage] public partial record Dot : Shape;")]
    public Task BRPC0015_is_silent_for_what_can_end(string source) => Expect(source);

    [Test]
    public Task BRPC0017_a_message_needs_a_constructor() =>
        Expect("[ButlerMessage] public partial class {|BRPC0017:A|} { public A(string other) { } [ButlerField(0)] public int Id { get; set; } }");

    [Test]
    public Task BRPC0017_is_silent_for_parameters_that_are_members_or_have_defaults() =>
        Expect("[ButlerMessage] public partial class A { public A(int id, string other = \"\") { Id = id; _ = other; } [ButlerField(0)] public int Id { get; } }");

    [Test]
    public Task BRPC0018_a_member_must_be_settable() => Expect("[ButlerMessage] public partial class A { [ButlerField(0)] public int {|BRPC0018:Id|} { get; } }");

    [Test]
    public Task BRPC0018_is_silent_for_a_constructor_parameter() => Expect("[ButlerMessage] public partial class A(int id) { [ButlerField(0)] public int Id { get; } = id; }");

    [TestCase("public partial record struct {|BRPC0020:A|}(int Id);")]
    [TestCase("public partial struct {|BRPC0020:A|} { [ButlerField(0)] public int Id; }")]
    public Task BRPC0020_a_struct_does_not_change(string declaration) => Expect("[ButlerMessage] " + declaration);

    [TestCase("public readonly partial record struct A(int Id);")]
    [TestCase("public partial struct A { [ButlerField(0)] public int Id { get; init; } static int _count = 1; public static int Count => _count++; }")]
    [TestCase("public partial record A { [ButlerField(0)] public int Id { get; set; } }")]
    public Task BRPC0020_is_silent_for_what_cannot_change(string declaration) => Expect("[ButlerMessage] " + declaration);

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
    public async Task BRPC0021_is_silent_for_a_message_with_its_codec()
    {
        using var image = new MemoryStream();
        Generated.From(Generated.Compile("Library", ["[ButlerRpc.ButlerMessage] public partial record Line(string Sku);"])).Compilation.Emit(image);

        await Faults.Expect(
            "using ButlerRpc;\n[ButlerMessage] public partial record Order(Line Line);", [], [Microsoft.CodeAnalysis.MetadataReference.CreateFromImage(image.ToArray())]);
    }

    [Test]
    public Task BRPC0022_an_open_generic_has_no_code() => Expect("[ButlerMessage(Code = 5)] public partial record {|BRPC0022:Page|}<T>(T Item);");

    [Test]
    public Task BRPC0022_is_silent_for_a_generic_that_is_closed_where_it_is_used() =>
        Expect("[ButlerMessage] public partial record Page<T>(T Item);\n[ButlerMessage] public partial record Book(Page<int> First);");

    [TestCase("Dictionary<Version, int>")]
    [TestCase("HashSet<System.Numerics.Complex>")]
    [TestCase("List<Dictionary<Key, int>>")]
    [TestCase("System.Collections.Frozen.FrozenSet<(long, int)>")]
    public Task BRPC0023_keys_can_be_made_to_collide(string type) =>
        Expect($"[ButlerMessage] public partial record Key(int Id);\n[ButlerMessage] public partial record A({type} {{|BRPC0023:Items|}});");

    [TestCase("Dictionary<Version, int>")]
    public Task BRPC0023_is_found_in_parameters(string type) => Expect($"[ButlerService] public partial interface IFoo {{ Task AddAsync({{|BRPC0023:{type}|}} items, CancellationToken ct); }}");

    [TestCase("Dictionary<string, Version>")]
    [TestCase("HashSet<Guid>")]
    [TestCase("Dictionary<DayOfWeek, long[]>")]
    [TestCase("HashSet<(int, string)>")]
    [TestCase("Dictionary<Key, int>")]
    [TestCase("List<KeyValuePair<Version, int>>")]
    public Task BRPC0023_is_silent_for_keys_that_are_safe(string type) => Expect($$"""
        [ButlerMessage] public partial record Key(int Id) { public override int GetHashCode() => HashCode.Combine(Id, 5); public virtual bool Equals(Key? other) => other?.Id == Id; }
        [ButlerMessage] public partial record A({{type}} Items);
        """);

    [TestCase("DateTime")]
    [TestCase("DateTime?")]
    [TestCase("List<DateTime>")]
    public Task BRPC0025_a_time_loses_its_kind(string type) => Expect($"[ButlerMessage] public partial record A({type} {{|BRPC0025:At|}});");

    [Test]
    public Task BRPC0025_is_found_in_parameters_and_results() =>
        Expect("[ButlerService] public partial interface IFoo { {|BRPC0025:Task<DateTime>|} NextAsync({|BRPC0025:DateTime|} last, CancellationToken ct); }");

    [TestCase("DateTimeOffset At")]
    [TestCase("DateOnly Day, TimeOnly Time, TimeSpan Length")]
    [TestCase("[property: UseCodec(typeof(UtcCodec))] DateTime At")]
    public Task BRPC0025_is_silent_for_times_that_come_back(string member) => Expect($$"""
        public static class UtcCodec
        {
            public static void Write(ref ButlerRpc.Codec.MessagePackWriter writer, DateTime value) => writer.WriteInt64(value.ToBinary());
            public static DateTime Read(ref ButlerRpc.Codec.MessagePackReader reader) => DateTime.FromBinary(reader.ReadInt64());
        }
        [ButlerMessage] public partial record A({{member}});
        """);

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
    public Task BRPC0026_a_codec_of_a_parameter_is_for_its_type() => Expect("""
        public static class TextCodec
        {
            public static void Write(ref ButlerRpc.Codec.MessagePackWriter writer, string value) => writer.WriteString(value);
            public static string Read(ref ButlerRpc.Codec.MessagePackReader reader) => reader.ReadString()!;
        }
        [ButlerService] public partial interface IFoo { Task AddAsync([UseCodec(typeof(TextCodec))] {|BRPC0026:int|} id, [UseCodec(typeof(TextCodec))] string? name, CancellationToken ct); }
        """);

    [Test]
    public Task BRPC0026_a_codec_of_the_assembly_has_both_methods() => Faults.Expect("""
        using ButlerRpc;
        [assembly: UseCodec(typeof(Good)), UseCodec({|BRPC0026:typeof(Bad)|})]
        public class Money;
        public static class Good
        {
            public static void Write(ref ButlerRpc.Codec.MessagePackWriter writer, Money value) => writer.WriteNil();
            public static Money Read(ref ButlerRpc.Codec.MessagePackReader reader) { reader.Skip(); return new(); }
        }
        public static class Bad { public static Uri Read(ref ButlerRpc.Codec.MessagePackReader reader) => null!; }
        """);

    [Test]
    public Task BRPC0026_is_silent_for_a_codec_of_the_type() => Expect("""
        public static class DegreesCodec
        {
            public static void Write(ref ButlerRpc.Codec.MessagePackWriter writer, Degrees value) => writer.WriteNil();
            public static Degrees Read(ref ButlerRpc.Codec.MessagePackReader reader) { reader.Skip(); return default; }
        }
        public struct Degrees;
        [ButlerMessage] public partial record A([property: UseCodec(typeof(DegreesCodec))] Degrees One, [property: UseCodec(typeof(DegreesCodec))] Degrees? Other);
        """);

    [TestCase("{|BRPC0027:ButlerMaxLength(5)|}", "int")]
    [TestCase("{|BRPC0027:ButlerMaxLength(5)|}", "List<string>")]
    [TestCase("{|BRPC0027:ButlerMaxCount(5)|}", "string")]
    [TestCase("{|BRPC0027:ButlerMaxLength(-1)|}", "string")]
    public Task BRPC0027_a_limit_fits_its_member(string attribute, string type) => Expect($"[ButlerMessage] public partial record A([property: {attribute}] {type} Value);");

    [TestCase("{|BRPC0027:ButlerMaxCount(5)|}", "int")]
    [TestCase("{|BRPC0027:ButlerMaxCount(5)|}", "IAsyncEnumerable<int>")]
    public Task BRPC0027_a_limit_fits_its_parameter(string attribute, string type) =>
        Expect($"[ButlerService] public partial interface IFoo {{ Task AddAsync([{attribute}] {type} value, CancellationToken ct); }}");

    [TestCase("ButlerMaxLength(0)", "string?")]
    [TestCase("ButlerMaxLength(5)", "byte[]")]
    [TestCase("ButlerMaxCount(5)", "Dictionary<string, int>")]
    [TestCase("System.ComponentModel.DataAnnotations.MaxLength(5)", "int")]
    public Task BRPC0027_is_silent_for_limits_that_fit(string attribute, string type) => Expect($"[ButlerMessage] public partial record A([property: {attribute}] {type} Value);");

    [TestCase("4096")]
    [TestCase("-1")]
    public Task BRPC0028_a_reserved_index_is_in_range(string index) => Expect($"[ButlerMessage, ButlerReserved(1, {{|BRPC0028:{index}|}})] public partial record A(int Id);");

    [Test]
    public Task BRPC0028_an_index_is_reserved_once() => Expect("[ButlerMessage, ButlerReserved(1, 2, {|BRPC0028:1|})] public partial record A(int Id);");

    [Test]
    public Task BRPC0028_a_reserved_index_is_not_used() => Expect("[ButlerMessage, ButlerReserved(1)] public partial record A(int Id, int {|BRPC0028:Other|});");

    [Test]
    public Task BRPC0028_an_index_reserved_by_the_base_is_not_used() => Expect("""
        [ButlerMessage, ButlerReserved(1)] public partial record Base(int Id);
        [ButlerMessage] public partial record A(int Id, [property: ButlerField(1)] int {|BRPC0028:Other|}) : Base(Id);
        """);

    [TestCase("[ButlerMessage(Layout = MessageLayout.Map), {|BRPC0028:ButlerReserved(1)|}] public partial record A(int Id);")]
    [TestCase("[ButlerUnion(0, typeof(Circle)), {|BRPC0028:ButlerReserved(1)|}] public abstract partial record Shape;\n[ButlerMessage] public partial record Circle : Shape;")]
    public Task BRPC0028_there_are_indexes_to_reserve(string source) => Expect(source);

    [Test]
    public Task BRPC0028_is_silent_for_the_members_of_a_derived_record() => Expect("""
        [ButlerMessage, ButlerReserved(1)] public partial record Base(int Id);
        [ButlerMessage] public partial record A(int Id, int Other) : Base(Id);
        """);

    [Test]
    public Task BRPC0029_BER_needs_an_iproto_form() => Expect("[ButlerMessage] public partial record A([property: {|BRPC0029:IprotoBer|}] int Id);");

    [TestCase("bool")]
    [TestCase("byte")]
    public Task BRPC0029_BER_changes_something(string type) =>
        Expect($"[ButlerMessage(Code = 1, Formats = MessageFormats.Iproto)] public partial record A([property: {{|BRPC0029:IprotoBer|}}] {type} Value);");

    [Test]
    public Task BRPC0029_BER_is_for_members() => Expect("[ButlerService] public partial interface IFoo { Task AddAsync([{|BRPC0029:IprotoBer|}] int id, CancellationToken ct); }");

    [TestCase("int")]
    [TestCase("string")]
    [TestCase("ushort[]")]
    public Task BRPC0029_is_silent_where_BER_has_an_effect(string type) =>
        Expect($"[ButlerMessage(Code = 1, Formats = MessageFormats.Iproto)] public partial record A([property: IprotoBer] {type} Value);");

    [TestCase("[ButlerMessage(ClosedEnums = {|BRPC0030:true|})] public partial record A(int Id);")]
    [TestCase("public enum Nothing;\n[ButlerMessage(ClosedEnums = {|BRPC0030:true|})] public partial record A(Nothing Value);")]
    public Task BRPC0030_ClosedEnums_closes_an_enum(string source) => Expect(source);

    [TestCase("true", "List<DayOfWeek>")]
    [TestCase("false", "int")]
    public Task BRPC0030_is_silent_where_it_has_an_effect(string value, string type) => Expect($"[ButlerMessage(ClosedEnums = {value})] public partial record A({type} Value);");

    [TestCase("public static int B { get; set; }")]
    [TestCase("public static int B;")]
    [TestCase("public int B { set { } }")]
    [TestCase("public int this[int i] => i;")]
    [TestCase("int IHolder.B => 1;")]
    public Task BRPC0031_what_is_no_data_has_no_index(string member) =>
        Expect($"public interface IHolder {{ int B {{ get; }} }}\n[ButlerMessage] public partial record A(int Id){(member.Contains("IHolder", StringComparison.Ordinal) ? " : IHolder" : "")} {{ [{{|BRPC0031:ButlerField(1)|}}] {member} }}");

    [Test]
    public Task BRPC0031_is_silent_for_data() => Expect("""
        [ButlerMessage] public partial record A([property: ButlerField(0)] int Id)
        {
            [ButlerField(1)] public int B { get; set; }
            [ButlerField(2)] public int C;
            public static int D { get; set; }
        }
        """);

    [TestCase("99", false)]
    [TestCase(null, false)]
    [TestCase("1", true)]
    public async Task BRPC3006_codecs_of_another_assembly_fit(string? format, bool fits)
    {
        var attribute = format is null ? "" : $"[assembly: System.Reflection.AssemblyMetadata(\"ButlerRpc.CodecFormat\", \"{format}\")]";
        await ExpectWithLibrary(attribute, fits ? "Line Line" : "Line {|BRPC3006:Line|}");
    }

    [Test]
    public Task BRPC3006_is_silent_for_a_codec_written_by_hand() => ExpectWithLibrary("", "Hand Hand");

    static async Task ExpectWithLibrary(string attribute, string member)
    {
        // A codec as another version of the generator would have left it.
        using var image = new MemoryStream();
        Generated.Compile("Library", [$$"""
            {{attribute}}
            [ButlerRpc.ButlerMessage] public record Line(string Sku) { public sealed class ButlerCodec { public static void Encode(ref ButlerRpc.Codec.MessagePackWriter writer, Line value) { } public static Line Decode(ref ButlerRpc.Codec.MessagePackReader reader) => null!; } }
            public sealed class Hand : ButlerRpc.Codec.IButlerMessage<Hand> { static ButlerRpc.Codec.MessageCodec<Hand> ButlerRpc.Codec.IButlerMessage<Hand>.Codec => null!; }
            """]).Emit(image);
        await Faults.Expect(
            $"using ButlerRpc;\n[ButlerMessage] public partial record Order({member});", [], [Microsoft.CodeAnalysis.MetadataReference.CreateFromImage(image.ToArray())]);
    }

    [Test]
    public Task A_fault_can_be_silenced_by_pragma() => Expect("""
        #pragma warning disable BRPC0006
        [ButlerMessage] public partial class A { public int Id { get; set; } }
        """);
}
