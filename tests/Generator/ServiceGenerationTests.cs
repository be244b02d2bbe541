using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ButlerRpc.Generator.Tests;

sealed class ServiceGenerationTests
{
    const string Message = """
        namespace Shop;
        public sealed class Text : ButlerRpc.Codec.IButlerMessage<Text>
        {
            static ButlerRpc.Codec.MessageCodec<Text> ButlerRpc.Codec.IButlerMessage<Text>.Codec => null!;
        }

        """;

    [Test]
    public void A_service_compiles_without_a_warning()
    {
        var generated = Generated.From(Message + """
            [ButlerRpc.ButlerService]
            public partial interface IEcho
            {
                ValueTask<Text> EchoAsync(Text text, CancellationToken ct = default);
                Task<Text> EchoTaskAsync(Text text, ButlerRpc.CallContext context = default);
                Task DoneTaskAsync(Text text);
                ValueTask DoneAsync(Text text);
                [ButlerRpc.ButlerMethod(OneWay = true)] void Post(Text text);
                [ButlerRpc.ButlerMethod(OneWay = true)] ValueTask SendAsync(Text text);
                [ButlerRpc.ButlerMethod(OneWay = true)] Task SendTaskAsync(Text text);
                IAsyncEnumerable<Text> WatchAsync(Text text, CancellationToken ct = default);
                ValueTask<Text> CollectAsync(Text text, IAsyncEnumerable<Text> items, CancellationToken ct = default);
                Task CollectTaskAsync(Text text, IAsyncEnumerable<Text> items);
                ValueTask DrainAsync(Text text, IAsyncEnumerable<Text> items, IAsyncEnumerable<Text> others);
                IAsyncEnumerable<Text> ChatAsync(Text text, IAsyncEnumerable<Text> items, CancellationToken ct = default);
            }
            """);

        Assert.That(generated.Diagnostics, Is.Empty);
        Assert.That(generated.StrictDiagnostics(), Is.Empty);
    }

    [Test]
    public void Disposing_of_a_proxy_is_no_call()
    {
        var generated = Generated.From("""
            [ButlerRpc.ButlerService]
            public partial interface IStore : IAsyncDisposable, IDisposable { Task SaveAsync(CancellationToken ct); }
            """);

        Assert.That(generated.Diagnostics, Is.Empty);
        Assert.That(generated.StrictDiagnostics(), Is.Empty);
        Assert.That(generated.Files.Single(f => f.HintName.EndsWith(".ButlerMethods.g.cs", StringComparison.Ordinal)).SourceText.ToString(), Does.Contain("SaveAsync").And.Not.Contains("Dispose"));
        Assert.That(generated.Files.Single(f => f.HintName.EndsWith(".ButlerProxy.g.cs", StringComparison.Ordinal)).SourceText.ToString(), Does.Contain("Dispose").And.Not.Contains("NotSupported"));
    }

    [Test]
    public void Services_whose_names_differ_by_case_have_files_of_their_own()
    {
        var generated = Generated.From("""
            namespace Shop { [ButlerRpc.ButlerService] public partial interface IBar { Task PingAsync(CancellationToken ct); } }
            namespace shop { [ButlerRpc.ButlerService] public partial interface IBar { Task PingAsync(CancellationToken ct); } }
            """);

        Assert.That(generated.Diagnostics.Where(d => d.Id != "CS8981"), Is.Empty);
        Assert.That(generated.Files.Count(f => f.HintName.EndsWith(".ButlerProxy.g.cs", StringComparison.Ordinal)), Is.EqualTo(2));
    }

    [Test]
    public void Inherited_and_nested_services_compile_without_a_warning()
    {
        var generated = Generated.From(Message + """
            partial class Outer
            {
                [ButlerRpc.ButlerService]
                internal partial interface IBase { ValueTask<Text> EchoAsync(Text text); }

                [ButlerRpc.ButlerService]
                internal partial interface ILeft : IBase { ValueTask<Text> LeftAsync(Text text); }

                internal interface IRight : IBase { ValueTask<Text> RightAsync(Text text); }

                [ButlerRpc.ButlerService]
                internal partial interface IBoth : ILeft, IRight { ValueTask<Text> BothAsync(Text text); }
            }
            """);

        Assert.That(generated.Diagnostics, Is.Empty);
        Assert.That(generated.StrictDiagnostics(), Is.Empty);
    }

    static readonly TestCaseData[] Hostile =
    [
        Case("a namespace System and types with the names of the framework's", """
            namespace Mine.System
            {
                public class Task; public class ValueTask; public class Threading; public class Exception; public class TimeSpan; public class Collections; public class NotSupportedException; public class Type;
                [global::ButlerRpc.ButlerMessage(Code = 5)] public partial record String(int Object);
                [global::ButlerRpc.ButlerService] public partial interface IAsyncEnumerable
                {
                    [global::ButlerRpc.ButlerMethod(TimeoutMilliseconds = 5)] global::System.Threading.Tasks.Task<int> Task(int Object, global::System.Threading.CancellationToken CancellationToken = default);
                    global::System.Threading.Tasks.Task Equals(string? Task);
                    global::System.Collections.Generic.IAsyncEnumerable<String> System(global::System.Collections.Generic.IAsyncEnumerable<int> Task, String Method);
                    [global::ButlerRpc.Throws<String>] global::System.Threading.Tasks.ValueTask<global::System.DateTimeOffset?> ButlerRpc(global::System.Guid? Guid = null);
                }
            }
            namespace System.Mine { [global::ButlerRpc.ButlerService] public partial interface ISystem { global::System.Threading.Tasks.ValueTask Task(int System); } }
            """),
        Case("types named Task and ButlerRpc in no namespace", """
            public class Tasks; public class Codec; public class Calls;
            [ButlerRpc.ButlerMessage] public partial record Task(int Value);
            [ButlerRpc.ButlerService] public partial interface ITask
            {
                global::System.Threading.Tasks.Task<Task> GetAsync(Task task, global::System.Threading.CancellationToken ct = default);
                global::System.Threading.Tasks.ValueTask<Task?> FindAsync(Task? task, int number);
            }
            """),
        Case("parameters with the names that generated code uses", """
            [ButlerRpc.ButlerService] public partial interface INames
            {
                Task<int> AllAsync(int @class, string writer, string? reader, int? value, List<string> p, string count, int i, string start, string failure, int result, int item, byte[] items, int @event,
                    Dictionary<string, int> key, int raw, int tolerant, int request, string service, int context, int streams, int invoker, int _invoker, int binder, int Codec, int Instance, int Members,
                    int Encode, int Decode, int Code, int seen0, int seen, int kept, int tag, int most, int args, CancellationToken @this = default);
                IAsyncEnumerable<int> StreamAsync(IAsyncEnumerable<int> request, IAsyncEnumerable<string> streams, int service, ButlerRpc.CallContext context);
                Task @class(int @int, string @namespace = "a\"b\\", char @char = '\'', double @double = double.NaN, DayOfWeek @enum = DayOfWeek.Friday, long? @long = 5, decimal m = 1.5m);
                Task Chat(IAsyncEnumerable<int> items);
                Task Chat_items(int number);
                [ButlerRpc.ButlerMethod(Code = 7)] Task Chat_items(IAsyncEnumerable<int> items, IAsyncEnumerable<int> items_);
                Task All(); Task GetHashCode(int a); Task ToString(string format); Task GetType(int a); Task Finalize(int a); Task MemberwiseClone(int a); Task Dispose(); Task Name(); Task Methods(); Task Bind(int a); Task Contract();
            }
            """),
        Case("members that hide those of every class", """
            [ButlerRpc.ButlerService] public partial interface IBase { Task<int> GetAsync(int id, CancellationToken ct); }
            [ButlerRpc.ButlerService] public partial interface IDerived : IBase { [ButlerRpc.ButlerMethod(Code = 9)] new Task<int> GetAsync(int id, CancellationToken ct); }
            """),
        Case("obsolete services, methods and messages", """
            using System.Diagnostics.CodeAnalysis;
            [ButlerRpc.ButlerMessage, Obsolete] public partial record Old(int A);
            [Obsolete, ButlerRpc.ButlerService] public partial interface IOld { Task<Old> GetAsync(Old old, CancellationToken ct = default); }
            [ButlerRpc.ButlerService] public partial interface INew { [Obsolete("use the other")] Task<int> GetAsync(int id, CancellationToken ct = default); }
            [ButlerRpc.ButlerMessage, Obsolete("no more", true)] public partial record Gone(int A);
            [ButlerRpc.ButlerService] public partial interface IGone
            {
                [Obsolete("no more", true)] Task<Gone> GetAsync(Gone gone, CancellationToken ct = default);
                [Obsolete("no more", true)] IAsyncEnumerable<List<Gone>> ListAsync(int a, Gone? b, IAsyncEnumerable<Gone> c, CancellationToken ct = default);
                Task<int> StillAsync(int id);
            }
            """),
    ];

    [TestCaseSource(nameof(Hostile))]
    public void A_service_with_hostile_names_compiles_without_a_warning(string source)
    {
        foreach (var version in new[] { LanguageVersion.CSharp12, LanguageVersion.Latest })
        {
            var generated = Generated.From(Generated.Compile("Contracts", [source], version));
            var own = generated.Diagnostics.Where(d => d.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) != false || d.Severity == DiagnosticSeverity.Error);
            Assert.That(generated.Files.Count(f => f.HintName.Contains("ButlerProxy", StringComparison.Ordinal)), Is.GreaterThan(0));
            Assert.That(own, Is.Empty, version.ToString());
            Assert.That(generated.StrictDiagnostics(), Is.Empty, version.ToString());
        }
    }

    [TestCase("12")]
    [TestCase("latest")]
    public void Experimental_services_compile_in_a_project_that_allows_them(string version)
    {
        var generated = Generated.From(Generated.Compile("Contracts", ["""
            #pragma warning disable NEW001
            using System.Diagnostics.CodeAnalysis;
            [ButlerRpc.ButlerMessage, Experimental("NEW001")] public partial record Young(int A);
            [ButlerRpc.ButlerService, Experimental("NEW001")] public partial interface IYoung { Task<Young> GetAsync(Young young, CancellationToken ct = default); }
            [ButlerRpc.ButlerService] public partial interface IMixed { [Experimental("NEW001")] Task<List<Young>> ListAsync(int most, CancellationToken ct = default); }
            """], version == "12" ? LanguageVersion.CSharp12 : LanguageVersion.Latest));
        Assert.That(generated.Diagnostics, Is.Empty);
    }

    static TestCaseData Case(string name, string source) => new TestCaseData(source).SetArgDisplayNames(name);
}
