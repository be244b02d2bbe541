namespace ButlerRpc.Samples.Tests;

sealed class HelloTests
{
    [Test]
    public async Task Hello_prints_its_greeting()
    {
        var result = await SampleProcess.RunAsync("Hello");

        Assert.That((result.ExitCode, result.Text), Is.EqualTo((0, "Hello Ada")));
    }

    [Test]
    public void Hello_has_at_most_twelve_significant_lines()
    {
        var significant = Repository.Read("samples/Hello/Program.cs").Split('\n').Count(l => l.Trim() is { Length: > 0 } line && !line.StartsWith("//", StringComparison.Ordinal));

        Assert.That(significant, Is.InRange(1, 12));
    }

    [Test]
    public void The_readme_shows_hello_as_it_is()
    {
        Assert.That(Repository.Read("README.md"), Does.Contain(Repository.Read("samples/Hello/Program.cs")));
    }
}
