using System.Text.RegularExpressions;

namespace ButlerRpc.Samples.Tests;

sealed partial class TickerTests
{
    [Test]
    public async Task Slow_readers_skip_and_end_with_the_last_quote_and_the_fast_one_reads_all()
    {
        const int quotes = 20_000;
        var result = await SampleProcess.RunAsync("Ticker", "--quotes", $"{quotes}", "--rate", "20000");

        Assert.That(result.ExitCode, Is.Zero, result.Text);
        Assert.That(result.Lines, Has.Some.EqualTo($"checked: {quotes} quotes; every reader saw the last one, and the fast one saw all of them"));
        var conflated = result.Lines.Select(l => Conflated().Match(l)).Single(m => m.Success);
        foreach (var reader in new[] { 1, 2 })
        {
            var (read, skipped) = (int.Parse(conflated.Groups[reader].Value), int.Parse(conflated.Groups[reader + 2].Value));
            Assert.That((read + skipped, read), Is.EqualTo((quotes, read)));
            Assert.That(read, Is.InRange(8, quotes / 10), "a reader of fifty in a second");
        }

        Assert.That(result.Text.Contains('\u001b', StringComparison.Ordinal), Is.False, "codes for a terminal where there is none");
    }

    [Test]
    public async Task Market_and_readers_can_be_started_apart()
    {
        using var market = SampleProcess.Start("Ticker", "serve", "--quotes", "2000", "--rate", "10000");
        var endpoint = (await market.LineAsync("ready on "))["ready on ".Length..];
        var first = await SampleProcess.RunAsync("Ticker", "read", "--server", endpoint, "--pace", "1");
        var late = await SampleProcess.RunAsync("Ticker", "read", "--server", endpoint, "--pace", "1");

        Assert.That((first.ExitCode, late.ExitCode), Is.EqualTo((0, 0)), first.Text + late.Text);
    }

    [GeneratedRegex(@"^conflated: the slow readers read (\d+) and (\d+), and skipped (\d+) and (\d+)$")]
    private static partial Regex Conflated();
}
