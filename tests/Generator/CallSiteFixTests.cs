namespace ButlerRpc.Generator.Tests;

sealed class CallSiteFixTests
{
    const string Echo = CallSiteTests.Echo;
    const string Handler = CallSiteTests.Handler;

    static Task ExpectFix(string id, string source, string expected) =>
        Fixes.Expect(id, "using ButlerRpc;\nusing ButlerRpc.Calls;\n\n" + source, "using ButlerRpc;\nusing ButlerRpc.Calls;\n\n" + expected, otherFile: Echo);

    [Test]
    public Task BRPC1009_adds_a_token() => ExpectFix(
        "BRPC1009",
        "[ButlerService]\npublic partial interface IFoo { Task EchoAsync(Text text); }\n",
        "[ButlerService]\npublic partial interface IFoo { Task EchoAsync(Text text, CancellationToken cancellationToken = default); }\n");

    [Test]
    public Task BRPC2001_marks_the_interface() => ExpectFix(
        "BRPC2001",
        "public interface IFoo\n{\n}\n\nclass User { IFoo Use(CallInvoker invoker) => invoker.Create<IFoo>(); }\n",
        "[ButlerService]\npublic partial interface IFoo\n{\n}\n\nclass User { IFoo Use(CallInvoker invoker) => invoker.Create<IFoo>(); }\n");

    [Test]
    public Task BRPC2003_awaits_the_call() => ExpectFix(
        "BRPC2003",
        "class User\n{\n    void Use(IEcho echo)\n    {\n        echo.EchoAsync(new Text());\n    }\n}\n",
        "class User\n{\n    async Task Use(IEcho echo)\n    {\n        await echo.EchoAsync(new Text());\n    }\n}\n");

    [TestCase("next.EchoAsync(text)", "next.EchoAsync(text, ct)")]
    [TestCase("next.WithContextAsync(text, default)", "next.WithContextAsync(text, ct)")]
    public Task BRPC2005_passes_the_token(string call, string expected) => ExpectFix(
        "BRPC2005",
        Handler.Replace("CALL1", call, StringComparison.Ordinal).Replace("CALL2", "next.EchoAsync(text, context.CancellationToken)", StringComparison.Ordinal),
        Handler.Replace("CALL1", expected, StringComparison.Ordinal).Replace("CALL2", "next.EchoAsync(text, context.CancellationToken)", StringComparison.Ordinal));

    [Test]
    public Task BRPC2005_passes_the_token_of_a_context() => ExpectFix(
        "BRPC2005",
        Handler.Replace("CALL1", "next.EchoAsync(text, ct)", StringComparison.Ordinal).Replace("CALL2", "next.EchoAsync(text)", StringComparison.Ordinal),
        Handler.Replace("CALL1", "next.EchoAsync(text, ct)", StringComparison.Ordinal).Replace("CALL2", "next.EchoAsync(text, context.CancellationToken)", StringComparison.Ordinal));
}
