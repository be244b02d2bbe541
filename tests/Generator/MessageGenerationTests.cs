using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ButlerRpc.Generator.Tests;

sealed class MessageGenerationTests
{
    static readonly TestCaseData[] Sources =
    [
        Case("every kind of member", """
            using ButlerRpc; using System.Collections.Immutable;
            namespace Shop;
            public enum Colour { Red, Green }
            [ButlerMessage(Code = 1)] public partial record Order(
                long Id, string Name, string? Note, int? Count, decimal Price, Guid Key, DateTimeOffset At, byte[] Blob, int[] Numbers, List<string> Tags, Dictionary<Guid, List<Line>> Lines,
                Colour Colour, Colour? Maybe, (int A, string? B) Pair, ImmutableArray<Line> More, HashSet<long> Ids, Uri Link, RawMessage Raw, Line? Optional, ReadOnlyMemory<byte> Rest);
            [ButlerMessage] public readonly partial record struct Line(string Sku, int Quantity = 1);
            """),
        Case("classes and structs", """
            using ButlerRpc;
            namespace Shop;
            [ButlerMessage] public partial class Settings
            {
                [ButlerField(0)] public required string Name { get; init; }
                [ButlerField(1)] public int Retries { get; init; } = 3;
                [ButlerField(2)] public List<string>? Tags { get; set; }
                [ButlerField(3)] public Settings? Inner { get; set; }
                [ButlerField(7)] public bool Last;
            }
            [ButlerMessage] public partial struct Point { [ButlerField(0)] public int X; [ButlerField(1)] public int Y { get; set; } }
            [ButlerMessage] public partial class Plain(int number) { [ButlerField(0)] public int Number { get; } = number; }
            """),
        Case("inheritance and unions", """
            using ButlerRpc;
            namespace Shop;
            [ButlerMessage, ButlerUnion(0, typeof(Circle)), ButlerUnion(1, typeof(Square)), ButlerUnion(2, typeof(BigCircle))] public abstract partial record Shape(string Name);
            [ButlerMessage] public partial record Circle(string Name, double Radius) : Shape(Name);
            [ButlerMessage] public partial record BigCircle(string Name, double Radius, int Extra) : Circle(Name, Radius);
            [ButlerMessage] public sealed partial record Square(string Name, double Side) : Shape(Name);
            [ButlerUnion(1, typeof(Cash))] public partial interface IPayment;
            [ButlerMessage] public partial record Cash(decimal Amount) : IPayment;
            [ButlerMessage] public partial record Drawing(Shape Main, List<Shape?> Others, IPayment Paid);
            """),
        Case("generics and containers", """
            using ButlerRpc;
            namespace Shop;
            [ButlerMessage] public partial record Page<T>(List<T> Items, T? First, Page<T>? Next);
            public static partial class Outer<T> { internal partial struct Middle { [ButlerMessage] public partial record Inner(int X); } }
            [ButlerMessage] internal partial record Uses(Page<string> A, Page<Page<int>> B, Outer<int>.Middle.Inner C);
            """),
        Case("map layout", """
            using ButlerRpc;
            [ButlerMessage(Layout = MessageLayout.Map)] public partial record InNoNamespace(string Name, int Count, string Änderung, int Zähler) { public List<int> Numbers { get; set; } = []; }
            """),
        Case("attributes of another library", """
            namespace MessagePack
            {
                class MessagePackObjectAttribute(bool keyAsPropertyName = false) : Attribute { public bool KeyAsPropertyName => keyAsPropertyName; }
                class KeyAttribute : Attribute { public KeyAttribute(int x) { } public KeyAttribute(string x) { } }
                class IgnoreMemberAttribute : Attribute;
                [AttributeUsage(AttributeTargets.All, AllowMultiple = true)] class UnionAttribute(int key, Type type) : Attribute { public (int, Type) Value => (key, type); }
            }
            namespace Shop
            {
                using MessagePack;
                [MessagePackObject] public class Old { [Key(0)] public int A { get; set; } [Key(2)] public Guid B { get; set; } [IgnoreMember] public object? C { get; set; } }
                [MessagePackObject(true)] public class Named { public string? A { get; set; } public decimal B { get; set; } }
                [Union(0, typeof(Old2))] public interface IOld;
                [MessagePackObject] public class Old2 : IOld { [Key("x")] public int X { get; set; } }
                [ButlerRpc.ButlerMessage] public partial record Uses(Old A, List<Named> B, IOld C);
            }
            """),
        Case("a namespace System and a type Task", """
            namespace Mine.System
            {
                public class Task; public class Guid; public class Exception; public class Collections;
                [global::ButlerRpc.ButlerMessage] public partial record String(int Object, global::System.Guid Exception, List<String?> Task);
            }
            namespace Mine { [global::ButlerRpc.ButlerMessage] public partial record ButlerRpc(System.String System, global::System.Guid Codec); }
            """),
        Case("members with the names that the codec uses", """
            [ButlerRpc.ButlerMessage] public partial record Names(
                int @class, string writer, string? reader, int? value, List<string> p, string count, int i, string start, string failure, int result, int item, byte[] items, int @event,
                Dictionary<string, int> key, int raw, int tolerant, string Encode, string Decode, int Instance, string Members, int Code, int Read, int Write);
            [ButlerRpc.ButlerMessage] public partial record @class(int @int, @class? @namespace);
            [ButlerRpc.ButlerMessage(Layout = ButlerRpc.MessageLayout.Map)] public partial record MapNames(int seen0, string key, int @class, int writer, string reader, int Value);
            """),
        Case("obsolete members", """
            [ButlerRpc.ButlerMessage, Obsolete] public partial record Old(int A);
            [ButlerRpc.ButlerMessage] public partial record Uses([property: Obsolete("no more")] int A)
            {
                [Obsolete] [ButlerRpc.ButlerField(1)] public string? B { get; init; }
                [Obsolete("no more", true)] [ButlerRpc.ButlerField(2)] public int C { get; set; }
                [Obsolete("no more", true)] [ButlerRpc.ButlerField(3)] public List<Gone>? D { get; init; }
            }
            [ButlerRpc.ButlerMessage, Obsolete("no more", true)] public partial record Gone(int A);
            [ButlerRpc.ButlerMessage(Layout = ButlerRpc.MessageLayout.Map)] public partial class Holder { [Obsolete("no more", true)] public Gone? Gone { get; set; } }
            [ButlerRpc.ButlerUnion(0, typeof(Gone2)), Obsolete("no more", true)] public abstract partial record Shape;
            [ButlerRpc.ButlerMessage, Obsolete("no more", true)] public partial record Gone2(int A) : Shape;
            """),
        Case("init accessors with defaults in a generic record", """
            [ButlerRpc.ButlerMessage] public partial record Options<T>(T Value) { [ButlerRpc.ButlerField(1)] public int Retries { get; init; } = 5; [ButlerRpc.ButlerField(2)] public string? Name { get; init; } = "x"; }
            [ButlerRpc.ButlerMessage] public partial record Uses(Options<int> A, Options<string?> B);
            """),
        Case("codecs of the user", """
            using ButlerRpc; using ButlerRpc.Codec;
            [assembly: UseCodec(typeof(MoneyCodec))]
            public class Money; public struct Degrees;
            public static class MoneyCodec { public static void Write(ref MessagePackWriter writer, Money value) => writer.WriteNil(); public static Money Read(ref MessagePackReader reader) { reader.Skip(); return new(); } }
            public static class DegreesCodec { public static void Write(ref MessagePackWriter writer, Degrees value) => writer.WriteNil(); public static Degrees Read(ref MessagePackReader reader) { reader.Skip(); return new(); } }
            [ButlerMessage] public partial record Uses(Money A, Money? B, List<Money> C, [UseCodec(typeof(DegreesCodec))] Degrees D, [UseCodec(typeof(DegreesCodec))] Degrees? E);
            """),
        Case("closed enums and limits", """
            using ButlerRpc;
            public enum E : ulong { A, B = ulong.MaxValue } [Flags] public enum F : sbyte { None, X = 1, Y = -128 } public enum Nothing;
            [ButlerMessage(ClosedEnums = true)] public partial record Uses(E A, F? B, List<E> C, [ButlerMaxLength(5)] string D, [ButlerMaxCount(3)] Dictionary<E, F> G, Nothing H);
            """),
        Case("nothing", "[ButlerRpc.ButlerMessage] public partial record Empty; [ButlerRpc.ButlerMessage] public partial struct EmptyStruct; [ButlerRpc.ButlerMessage(Layout = ButlerRpc.MessageLayout.Map)] public partial class EmptyMap;"),
        Case("names that differ by case", "[ButlerRpc.ButlerMessage] public partial record Thing(int A); [ButlerRpc.ButlerMessage] public partial record THing(int A);"),
        Case("a union whose cases are listed part by part", """
            using ButlerRpc;
            [ButlerUnion(0, typeof(Circle))] public abstract partial record Shape;
            [ButlerMessage] public partial record Circle(double Radius) : Shape;
            [ButlerUnion(1, typeof(Square))] public abstract partial record Shape;
            [ButlerMessage] public partial record Square(double Side) : Shape;
            [ButlerMessage] public partial record Drawing(List<Shape> Shapes);
            """),
        Case("constructor parameters that are passed by reference and read only", """
            [ButlerRpc.ButlerMessage] public partial class Plain { public Plain(in decimal price) => Price = price; [ButlerRpc.ButlerField(0)] public decimal Price { get; } }
            """),
    ];

    [TestCaseSource(nameof(Sources))]
    public void Generated_codecs_compile_without_a_warning(string source)
    {
        foreach (var version in new[] { LanguageVersion.CSharp12, LanguageVersion.Latest })
        {
            var generated = Generated.From(Generated.Compile("Contracts", [source], version));
            Assert.That(generated.Files.Count(f => f.HintName.Contains("ButlerCodec", StringComparison.Ordinal)), Is.GreaterThan(0));
            Assert.That(generated.Diagnostics.Where(d => d.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) != false || d.Severity == DiagnosticSeverity.Error), Is.Empty, version.ToString());
            Assert.That(generated.StrictDiagnostics(), Is.Empty, version.ToString());
        }
    }

    [Test]
    public void Experimental_members_compile_in_a_project_that_allows_them()
    {
        var generated = Generated.From("""
            #pragma warning disable NEW001
            using System.Diagnostics.CodeAnalysis;
            [ButlerRpc.ButlerMessage] public partial record Uses([property: Experimental("NEW001")] int A, Young B);
            [ButlerRpc.ButlerMessage, Experimental("NEW001")] public partial record Young(int A);
            """);
        Assert.That(generated.Diagnostics, Is.Empty);
    }

    [Test]
    public void Reordered_files_give_the_same_output()
    {
        const string A = "[ButlerRpc.ButlerMessage] public partial record A(B Other, C? Third);";
        const string B = "[ButlerRpc.ButlerMessage] public partial record B(int X); [ButlerRpc.ButlerMessage] public partial record Page<T>(List<T> Items);";
        const string C = "[ButlerRpc.ButlerMessage] public partial record C(A? Back, Page<int> P, Page<A> Q);";
        Assert.That(Texts(Generated.From(C, A, B)), Is.EqualTo(Texts(Generated.From(A, B, C))));

        static IEnumerable<string> Texts(Generated generated) => generated.Files.OrderBy(f => f.HintName, StringComparer.Ordinal).Select(f => f.HintName + f.SourceText);
    }

    [Test]
    public void A_member_at_fault_leaves_a_codec_that_compiles()
    {
        var generated = Generated.From("[ButlerRpc.ButlerMessage] public partial record Order(int Id, object What, System.IO.Stream How) { public int NoIndex { get; set; } }");
        Assert.That(generated.Diagnostics, Is.Empty);
    }

    [Test]
    public void A_codec_is_written_in_one_run_and_read_in_one_line()
    {
        var text = Generated.From("namespace Shop; [ButlerRpc.ButlerMessage] public partial record Line(string Sku, int Quantity, decimal Price);").File("Shop.Line.ButlerCodec.g.cs");
        Assert.That(text.Split("writer.Begin(").Length - 1, Is.EqualTo(1));
        Assert.That(text, Does.Contain("if (count != 3)"));
        Assert.That(text, Does.Not.Contain("reader.Enter").And.Not.Contain("\r"));
    }

    [Test]
    public void Depth_is_counted_in_types_that_can_hold_themselves_only()
    {
        var generated = Generated.From(
            "[ButlerRpc.ButlerMessage] public partial record Tree(List<Branch> Branches); [ButlerRpc.ButlerMessage] public partial record Branch(Tree? Up, Leaf Leaf); [ButlerRpc.ButlerMessage] public partial record Leaf(int X);");
        Assert.That(generated.File("Tree.ButlerCodec.g.cs"), Does.Contain("reader.Enter"));
        Assert.That(generated.File("Branch.ButlerCodec.g.cs"), Does.Contain("writer.Enter"));
        Assert.That(generated.File("Leaf.ButlerCodec.g.cs"), Does.Not.Contain("Enter"));
    }

    [TestCase("public string? A { get => _a; init => _a = value; }")]
    [TestCase("public partial string? A { get; init; } public partial string? A { get => _a; init => _a = value; }")]
    public void What_stands_behind_an_accessor_is_kept_when_nothing_was_sent_and_read_outside_of_locks(string property)
    {
        var generated = Generated.From($"[ButlerRpc.ButlerMessage] public partial class Order {{ string? _a = \"kept\"; [ButlerRpc.ButlerField(0)] {property} }}");
        Assert.That(generated.Diagnostics, Is.Empty);
        Assert.That(generated.File("Order.ButlerCodec.g.cs"), Does.Contain("= kept.A;").And.Not.Contain("EncodesInPlace"));
    }

    [Test]
    public void Private_field_with_a_codec_of_the_user_is_not_written_in_place()
    {
        var generated = Generated.From("""
            using ButlerRpc; using ButlerRpc.Codec;
            public struct Degrees;
            public static class DegreesCodec { public static void Write(ref MessagePackWriter writer, Degrees value) => writer.WriteNil(); public static Degrees Read(ref MessagePackReader reader) { reader.Skip(); return new(); } }
            [ButlerMessage] public partial class Order { [ButlerField(0), UseCodec(typeof(DegreesCodec))] Degrees _at; }
            """);
        Assert.That(generated.File("Order.ButlerCodec.g.cs"), Does.Not.Contain("EncodesInPlace"));
    }

    [TestCase("int A, string B, List<Inner> C, int[] D", true)]
    [TestCase("int A, IEnumerable<int> B", false)]
    [TestCase("int A, Open B", false)]
    [TestCase("int A, Dictionary<string, int> B", false)]
    public void Only_a_message_that_runs_no_user_code_is_encoded_in_place(string members, bool isClosed)
    {
        var text = Generated.From(
            $"[ButlerRpc.ButlerMessage] public partial record Order({members}); [ButlerRpc.ButlerMessage] public partial record Inner(int X); [ButlerRpc.ButlerMessage] public partial class Open {{ int _x; [ButlerRpc.ButlerField(0)] public int X {{ get => _x; set => _x = value; }} }}")
            .File("Order.ButlerCodec.g.cs");
        Assert.That(text.Contains("EncodesInPlace => true", StringComparison.Ordinal), Is.EqualTo(isClosed));
    }

    static TestCaseData Case(string name, string source) => new TestCaseData(source).SetArgDisplayNames(name);
}
