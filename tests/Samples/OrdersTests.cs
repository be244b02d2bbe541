using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace ButlerRpc.Samples.Tests;

sealed partial class OrdersTests
{
    readonly OrderBook _expected = OrderBook.Shipped();

    [Test]
    public void The_shipped_file_has_the_same_outcome_in_whatever_order_its_lines_arrive()
    {
        var backwards = OrderBook.Shipped(backwards: true);

        Assert.That((backwards.Confirmed, backwards.Units, backwards.Total), Is.EqualTo((_expected.Confirmed, _expected.Units, _expected.Total)));
        Assert.That(backwards.Refusals, Is.EqualTo(_expected.Refusals));
        Assert.That(_expected.Refusals.Keys, Is.EqualTo(new[] { "AlreadyPlaced", "OutOfStock", "OverLimit", "UnknownItem" }), "every kind of refusal occurs");
    }

    [Test]
    public async Task The_totals_equal_an_independent_calculation()
    {
        var result = await SampleProcess.RunAsync("Orders");

        Assert.That(result.ExitCode, Is.Zero, result.Text);
        Assert.That(result.Lines, Has.Some.EqualTo($"client | orders.csv: {_expected.Orders} orders, {_expected.WrongLines.Count} wrong lines"));
        Assert.That(Fact(result, "confirmed"), Is.EqualTo(string.Create(
            CultureInfo.InvariantCulture, $"{_expected.Confirmed} orders, {_expected.Units} units, {_expected.Total:0.00} EUR")));
        Assert.That(Fact(result, "refused"), Is.EqualTo($"{_expected.Refusals.Values.Sum()} orders"));
        foreach (var (reason, count) in _expected.Refusals)
            Assert.That(Fact(result, reason), Is.EqualTo($"{count}"));
        Assert.That(Fact(result, "failed"), Is.EqualTo("0 orders"));
        Assert.That(Fact(result, "stock"), Is.EqualTo($"{_expected.Stock - _expected.Units} units left of {_expected.Stock}, {_expected.Units} taken"));
    }

    [Test]
    public async Task Every_wrong_line_is_reported_with_its_number_and_the_rest_goes_on()
    {
        var result = await SampleProcess.RunAsync("Orders");

        var reported = result.Lines.Select(l => WrongLine().Match(l)).Where(m => m.Success).Select(m => int.Parse(m.Groups[1].Value));
        Assert.That(reported, Is.EqualTo(_expected.WrongLines));
        Assert.That(result.Lines, Has.Some.EqualTo($"client | {_expected.Orders} of {_expected.Orders} orders answered"));
    }

    [Test]
    public async Task What_is_wrong_with_a_line_is_said()
    {
        var file = Path.Combine(Path.GetTempPath(), $"orders-{Guid.NewGuid():N}.csv");
        await File.WriteAllLinesAsync(file,
        [
            "SO-1; 2026-03-03; Ada; SE",
            "SO-2; 2026-02-30; Ada; SE; TEA x 1",
            "SO-3; 2026-03-03; Ada; SE; TEA x two",
            "SO-4; 2026-03-03; Ada; Sweden; TEA x 1",
            "SO-5; 2026-03-03; Ada; SE; TEA x 1, TEA x 2",
        ]);
        try
        {
            var result = await SampleProcess.RunAsync("Orders", "--file", file);

            var name = Path.GetFileName(file);
            Assert.That(result.Lines.Where(l => l.Contains(name)), Is.EqualTo(new[]
            {
                $"client | {name}(1): expected 5 columns separated by ';', found 4; left out",
                $"client | {name}(2): '2026-02-30' is not a date of the form 2026-03-31; left out",
                $"client | {name}(3): the quantity 'two' is not a whole number from 1 to 999; left out",
                $"client | {name}(4): 'Sweden' is not a country code of two letters; left out",
                $"client | {name}(5): the item 'TEA' stands twice; left out",
                $"client | {name}: 0 orders, 5 wrong lines",
            }));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public async Task The_launcher_passes_the_exit_code_of_the_client_on()
    {
        var result = await SampleProcess.RunAsync("Orders", "--file", "/there/is/no/such/file");

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Lines, Has.Some.EqualTo("client | there is no file '/there/is/no/such/file'"));
    }

    [Test]
    public async Task When_the_server_is_killed_every_order_in_flight_fails_at_once_with_an_unknown_outcome()
    {
        const int answered = 100, inFlight = 64;
        using var server = SampleProcess.Start("Orders.Server", "--close-after", $"{answered}");
        var endpoint = (await server.LineAsync("ready on "))["ready on ".Length..];

        // Patience is far beyond what the test waits for: only the loss of the server can end the calls.
        using var client = SampleProcess.Start("Orders.Client", "--server", endpoint, "--in-flight", $"{inFlight}", "--patience", "01:00:00");
        await server.LineAsync($"the counter is closed; {inFlight} orders wait");
        server.Kill();
        var result = await client.ResultAsync();

        Assert.That(result.ExitCode, Is.EqualTo(3), result.Text);
        Assert.That(result.Lines, Has.Some.StartsWith("THE SERVER IS LOST: Unavailable (ConnectionDropped): "));
        Assert.That(Fact(result, "under way"), Is.EqualTo($"{inFlight} orders when it was lost"));
        Assert.That(Fact(result, "Unknown"), Is.EqualTo($"{inFlight} orders, which may have been placed or not"));
        Assert.That(Fact(result, "not sent"), Is.EqualTo($"{_expected.Orders - answered - inFlight} orders"));
    }

    [Test]
    public async Task Without_a_server_nothing_is_placed_and_the_client_says_so()
    {
        // A port that is bound and not listened on refuses connections, and nobody else is given it meanwhile.
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        var result = await SampleProcess.RunAsync("Orders.Client", "--server", $"tcp://{socket.LocalEndPoint}", "--in-flight", "8");

        Assert.That(result.ExitCode, Is.EqualTo(3), result.Text);
        Assert.That(result.Lines, Has.Some.StartsWith("THE SERVER IS LOST: Unavailable (NoSession): "));
        Assert.That(Fact(result, "NotExecuted"), Is.EqualTo("8 orders, which were not placed"));
        Assert.That(Fact(result, "not sent"), Is.EqualTo($"{_expected.Orders - 8} orders"));
    }

    [Test]
    public async Task The_same_file_again_places_nothing_twice()
    {
        using var server = SampleProcess.Start("Orders.Server", "--stop-with-input", "true");
        var endpoint = (await server.LineAsync("ready on "))["ready on ".Length..];
        await SampleProcess.RunAsync("Orders.Client", "--server", endpoint);

        var again = await SampleProcess.RunAsync("Orders.Client", "--server", endpoint);

        Assert.That(Fact(again, "confirmed"), Is.EqualTo("0 orders, 0 units, 0.00 EUR"));
        server.CloseInput();
        var stopped = await server.ResultAsync();
        Assert.That(stopped.ExitCode, Is.Zero, stopped.Text);
        Assert.That(stopped.Lines, Has.Some.EqualTo($"stopped; {_expected.Confirmed} orders confirmed"));
    }

    // "client |   OutOfStock      : 7" gives "7" for OutOfStock.
    static string? Fact(SampleResult result, string name) => result.Lines
        .Select(l => FactForm().Match(l))
        .Where(m => m.Success && m.Groups["name"].Value == name)
        .Select(m => m.Groups["fact"].Value)
        .SingleOrDefault();

    [GeneratedRegex(@"^(client \| )?\s*(?<name>[A-Za-z ]+?)\s*: (?<fact>.*)$")]
    private static partial Regex FactForm();

    [GeneratedRegex(@"^client \| orders\.csv\((\d+)\): .*; left out$")]
    private static partial Regex WrongLine();
}
