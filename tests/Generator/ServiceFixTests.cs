namespace ButlerRpc.Generator.Tests;

sealed class ServiceFixTests
{
    const string Message = """
        public sealed class Text : ButlerRpc.Codec.IButlerMessage<Text>
        {
            static ButlerRpc.Codec.MessageCodec<Text> ButlerRpc.Codec.IButlerMessage<Text>.Codec => null!;
        }
        """;

    static Task Expect(string id, string source, string expected, string? action = null) =>
        Fixes.Expect(id, "using ButlerRpc;\n\n" + source, "using ButlerRpc;\n\n" + expected, action, Message);

    [Test]
    public Task BRPC1001_makes_the_service_partial() => Expect(
        "BRPC1001",
        "[ButlerService]\npublic interface IFoo\n{\n    ValueTask EchoAsync(Text text);\n}\n",
        "[ButlerService]\npublic partial interface IFoo\n{\n    ValueTask EchoAsync(Text text);\n}\n");

    [Test]
    public Task BRPC1001_makes_the_type_around_it_partial() => Expect(
        "BRPC1001",
        "class Outer\n{\n    [ButlerService]\n    internal partial interface IFoo { ValueTask EchoAsync(Text text); }\n}\n",
        "partial class Outer\n{\n    [ButlerService]\n    internal partial interface IFoo { ValueTask EchoAsync(Text text); }\n}\n");

    [Test]
    public Task BRPC1002_makes_the_service_internal() => Expect(
        "BRPC1002",
        "partial class Outer\n{\n    [ButlerService]\n    private partial interface IFoo { ValueTask EchoAsync(Text text); }\n}\n",
        "partial class Outer\n{\n    [ButlerService]\n    internal partial interface IFoo { ValueTask EchoAsync(Text text); }\n}\n");

    [TestCase("Text", "Task<Text>")]
    [TestCase("void", "Task")]
    public Task BRPC1003_wraps_the_result(string type, string wrapped) => Expect(
        "BRPC1003",
        $"[ButlerService]\npublic partial interface IFoo {{ {type} EchoAsync(Text text); }}\n",
        $"[ButlerService]\npublic partial interface IFoo {{ {wrapped} EchoAsync(Text text); }}\n");

    [TestCase("EchoAsync<T>(T text) where T : Text", "EchoAsync(Text text)")]
    [TestCase("EchoAsync<T>(Text text)", "EchoAsync(Text text)")]
    public Task BRPC1005_removes_the_type_parameters(string method, string expected) => Expect(
        "BRPC1005",
        $"[ButlerService]\npublic partial interface IFoo {{ Task {method}; }}\n",
        $"[ButlerService]\npublic partial interface IFoo {{ Task {expected}; }}\n");

    [Test]
    public Task BRPC1006_passes_by_value() => Expect(
        "BRPC1006",
        "[ButlerService]\npublic partial interface IFoo { Task EchoAsync(in Text text); }\n",
        "[ButlerService]\npublic partial interface IFoo { Task EchoAsync(Text text); }\n");

    [Test]
    public Task BRPC1007_gives_a_code() => Expect(
        "BRPC1007",
        """
        [ButlerService]
        public partial interface IFoo
        {
            [ButlerMethod(Code = 1)]
            Task EchoAsync(Text text);

            /// <summary>Echoes many.</summary>
            Task ManyAsync(Text text);

            Task ManyAsync(Text text, IAsyncEnumerable<Text> more);
        }
        """,
        """
        [ButlerService]
        public partial interface IFoo
        {
            [ButlerMethod(Code = 1)]
            Task EchoAsync(Text text);

            /// <summary>Echoes many.</summary>
            Task ManyAsync(Text text);

            [ButlerMethod(Code = 2)]
            Task ManyAsync(Text text, IAsyncEnumerable<Text> more);
        }
        """);

    [Test]
    public Task BRPC1007_changes_a_code() => Expect(
        "BRPC1007",
        "[ButlerService]\npublic partial interface IFoo { [ButlerMethod(Code = 1)] Task AAsync(Text text); [ButlerMethod(Code = 1, Inline = true)] Task BAsync(Text text); }\n",
        "[ButlerService]\npublic partial interface IFoo { [ButlerMethod(Code = 1)] Task AAsync(Text text); [ButlerMethod(Code = 2, Inline = true)] Task BAsync(Text text); }\n");

    [TestCase("CancellationToken ct, Text text", "Text text, CancellationToken ct")]
    [TestCase("Text text, CancellationToken ct, CallContext context", "Text text, CallContext context")]
    public Task BRPC1008_moves_the_token_to_the_end(string parameters, string moved) => Expect(
        "BRPC1008",
        $"[ButlerService]\npublic partial interface IFoo {{ Task EchoAsync({parameters}); }}\n",
        $"[ButlerService]\npublic partial interface IFoo {{ Task EchoAsync({moved}); }}\n");

    [TestCase("Task<Task>", "Task")]
    [TestCase("Task<IAsyncEnumerable<Text>>", "IAsyncEnumerable<Text>")]
    [TestCase("ValueTask<ValueTask<Text>>", "ValueTask<Text>")]
    [TestCase("IAsyncEnumerable<Task<Text>>", "IAsyncEnumerable<Text>")]
    public Task BRPC1010_flattens_the_result(string type, string flat) => Expect(
        "BRPC1010",
        $"[ButlerService]\npublic partial interface IFoo {{ {type} EchoAsync(Text text); }}\n",
        $"[ButlerService]\npublic partial interface IFoo {{ {flat} EchoAsync(Text text); }}\n");

    [Test]
    public Task BRPC1010_drops_a_one_way_result() => Expect(
        "BRPC1010",
        "[ButlerService]\npublic partial interface IFoo { [ButlerMethod(OneWay = true)] Task<Text> EchoAsync(Text text); }\n",
        "[ButlerService]\npublic partial interface IFoo { [ButlerMethod(OneWay = true)] Task EchoAsync(Text text); }\n");
}
