using System.Security.Cryptography;
using System.Text;

namespace ButlerRpc.Samples.Tests;

sealed class ChatTests
{
    string _journal = "";

    [SetUp]
    public void NameJournal() => _journal = Path.Combine(Path.GetTempPath(), $"chat-test-{Guid.NewGuid():N}.txt");

    [TearDown]
    public void DeleteJournal() => File.Delete(_journal);

    [Test]
    public async Task Everybody_hears_every_line_once_though_the_server_is_killed_in_between()
    {
        var result = await SampleProcess.RunAsync("Chat");

        Assert.That(result.ExitCode, Is.Zero, result.Text);
        Assert.That(result.Lines, Has.Some.EqualTo("chat | killing the server in the middle of the talk, and starting another one"));
        Assert.That(result.Lines, Has.Some.EqualTo("chat | all 3 have heard all 120 lines, each once and in the same order"));
        foreach (var name in new[] { "Ada", "Bob", "Cleo" })
        {
            Assert.That(result.Lines, Has.Some.EqualTo($"{name} | entered: 2 times"));
            var others = new[] { "Ada", "Bob", "Cleo" }.Where(n => n != name);
            Assert.That(result.Lines, Has.Some.EqualTo($"{name} | whispers: {string.Join("; ", others.Select(o => $"{o}: {o} heard 120 lines"))}"));
        }

        Assert.That(result.Text.Contains('\u001b', StringComparison.Ordinal), Is.False, "codes for a terminal where there is none");
    }

    [Test]
    public async Task Whoever_comes_later_hears_what_was_said_before()
    {
        await File.WriteAllTextAsync(_journal, "Ada\t1\tfirst\nBob\t1\tsecond\n");
        using var server = SampleProcess.Start("Chat", "serve", "--journal", _journal);
        var endpoint = (await server.LineAsync("ready on "))["ready on ".Length..];

        using var late = SampleProcess.Start("Chat", "join", "--server", endpoint, "--name", "Cleo");
        await late.LineAsync("Bob: second");
        late.CloseInput();
        var result = await late.ResultAsync();

        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("Ada\t1\tfirst\nBob\t1\tsecond")))[..16];
        Assert.That(result.Lines, Has.Some.EqualTo($"heard: 2 lines, transcript {fingerprint}"));
    }

    [Test]
    public async Task Half_a_line_of_a_killed_server_is_forgotten()
    {
        await File.WriteAllTextAsync(_journal, "Ada\t1\tfirst\nBob\t1\tsec");
        using var server = SampleProcess.Start("Chat", "serve", "--journal", _journal);
        await server.LineAsync("ready on ");
        server.CloseInput();

        Assert.That((await server.ResultAsync()).Lines, Has.Some.EqualTo("stopped; 1 lines were said"));
        Assert.That(await File.ReadAllTextAsync(_journal), Is.EqualTo("Ada\t1\tfirst\n"));
    }

    [Test]
    public async Task A_name_that_somebody_has_is_refused()
    {
        using var server = SampleProcess.Start("Chat", "serve", "--journal", _journal);
        var endpoint = (await server.LineAsync("ready on "))["ready on ".Length..];
        using var first = SampleProcess.Start("Chat", "join", "--server", endpoint, "--name", "Ada");
        await first.LineAsync("* in the room as Ada");

        var second = await SampleProcess.RunAsync("Chat", "join", "--server", endpoint, "--name", "ada");

        Assert.That((second.ExitCode, second.Text), Is.EqualTo((3, "somebody else in the room is called ada")));
    }

    [Test]
    public async Task A_server_that_stops_waits_for_no_member()
    {
        using var server = SampleProcess.Start("Chat", "serve", "--journal", _journal);
        var endpoint = (await server.LineAsync("ready on "))["ready on ".Length..];
        using var member = SampleProcess.Start("Chat", "join", "--server", endpoint, "--name", "Ada");
        await member.LineAsync("* in the room as Ada");

        server.CloseInput();
        var stopped = await server.ResultAsync();

        Assert.That(stopped.ExitCode, Is.Zero, stopped.Text);
        Assert.That(stopped.Lines, Has.Some.EqualTo("Ada left"), "its call has ended by itself and not been cut off");
        await member.LineAsync("* the room was closed; waiting for it to open again");
    }
}
