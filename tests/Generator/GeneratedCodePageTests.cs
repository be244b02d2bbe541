using System.Text;

namespace ButlerRpc.Generator.Tests;

/// <summary>docs/generated-code.md shows what is really generated. After a change of the emitters: <c>BUTLER_ACCEPT=1 dotnet test tests/Generator</c>, and review the page.</summary>
sealed class GeneratedCodePageTests
{
    const string Source = """
        using ButlerRpc;

        namespace Greetings;

        [ButlerMessage(Code = 1)] public partial record Hello(string Name);

        [ButlerMessage(Code = 2)] public partial record Greeting(string Text);

        [ButlerService]
        public partial interface IGreeter
        {
            ValueTask<Greeting> HelloAsync(Hello hello, CancellationToken ct = default);

            Task<int> CountAsync(string name, int atLeast = 1, CancellationToken ct = default);
        }
        """;

    static readonly (string File, string About)[] Files =
    [
        ("Greetings.IGreeter.ButlerService.g.cs", "The interface becomes a contract: `client.Create<IGreeter>()` goes through this one member."),
        ("Greetings.IGreeter.ButlerContract.g.cs", "The contract makes the proxy and binds an implementation: this is the dispatcher."),
        ("Greetings.IGreeter.ButlerProxy.g.cs", "The proxy. It knows the `CallInvoker` and nothing below it."),
        ("Greetings.IGreeter.ButlerMethods.g.cs", "The descriptors, shared by proxy and dispatcher."),
        ("Greetings.IGreeter.ButlerShapes.g.cs", "What two sides compare when they meet ([versioning.md](versioning.md))."),
        ("Greetings.IGreeter.ButlerValues.g.cs", "The arguments of methods that take more or less than one message, and the codecs of what is no message."),
        ("Greetings.Hello.ButlerCodec.g.cs", "The codec of a message, nested in it."),
        ("ButlerCodecFormat.g.cs", "How the codecs of the assembly are to be called: other assemblies that use its messages compare it ([BRPC3006](diagnostics/BRPC3006.md))."),
    ];

    [Test]
    public void The_page_shows_what_is_generated()
    {
        var generated = Generated.From(Source);
        var page = new StringBuilder("# Generated code\n\nGenerated code is there to be read and stepped through. For this contract:\n\n```csharp\n")
            .Append(Source).Append("\n```\n\nthe compiler writes the files below, one per kind. Set `EmitCompilerGeneratedFiles` to have yours on disk.\n");
        foreach (var (file, about) in Files)
            page.Append("\n## ").Append(file).Append("\n\n").Append(about).Append("\n\n```csharp\n").Append(generated.File(file)).Append("```\n");

        var path = Path.Combine(RuleTests.Root, "docs/generated-code.md");
        if (Environment.GetEnvironmentVariable("BUTLER_ACCEPT") == "1")
        {
            Assert.That(Environment.GetEnvironmentVariable("CI"), Is.Null.Or.Empty, "what CI sees is compared, never accepted");
            File.WriteAllText(path, page.ToString());
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo(page.ToString()));
    }

    [Test]
    public void The_page_shows_every_kind_of_file() => Assert.That(
        Generated.From(Source).Files.Select(f => f.HintName).Order(StringComparer.Ordinal),
        Is.EqualTo(Files.Select(f => f.File).Append("Greetings.Greeting.ButlerCodec.g.cs").Order(StringComparer.Ordinal)));
}
