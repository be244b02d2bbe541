using System.Globalization;
using ButlerRpc;
using Orders.Contracts;

namespace Orders.Client;

/// <summary>Says what became of the orders, one fact per line.</summary>
sealed class Summary(TextWriter output, Tally tally)
{
    public void PrintAnswers()
    {
        Print("confirmed", $"{tally.Confirmed} orders, {tally.Units} units, {tally.Total:0.00} EUR");
        Print("refused", $"{tally.Refusals.Values.Sum()} orders");
        foreach (var (reason, count) in tally.Refusals)
            Print($"  {reason}", $"{count}");
    }

    public void PrintFailures(string file)
    {
        Print("failed", $"{tally.Failures.Count} orders");
        foreach (var (line, failure) in tally.Failures.OrderBy(f => f.Line.Number))
            output.WriteLine($"{file}({line.Number}): {line.Order!.Number} failed, {failure.Status} ({failure.Certainty}): {failure.Message}");
    }

    public void PrintLoss(ButlerException lost, int unsent)
    {
        var byCertainty = tally.Failures.ToLookup(f => f.Failure.Certainty);
        output.WriteLine($"THE SERVER IS LOST: {lost.Status} ({lost.Reason}): {lost.Message}");
        Print("under way", $"{tally.Failures.Count} orders when it was lost");
        foreach (var (certainty, meaning) in Certainties)
        {
            if (byCertainty[certainty].Count() is > 0 and var count)
                Print($"  {certainty}", $"{count} orders, {meaning}");
        }

        Print("not sent", $"{unsent} orders");
        output.WriteLine("Run the same file again when the server is back: an order number is confirmed once, so nothing is placed twice.");
    }

    public void PrintStock(StockReport stock)
    {
        var (initial, left) = (stock.Levels.Sum(l => l.Initial), stock.Levels.Sum(l => l.Left));
        Print("stock", $"{left} units left of {initial}, {initial - left} taken");
    }

    static readonly (ButlerCertainty Certainty, string Meaning)[] Certainties =
    [
        (ButlerCertainty.Unknown, "which may have been placed or not"),
        (ButlerCertainty.NotExecuted, "which were not placed"),
        (ButlerCertainty.Executed, "which reached the server and failed there"),
    ];

    void Print(string what, FormattableString fact) => output.WriteLine($"{what,-18}: {fact.ToString(CultureInfo.InvariantCulture)}");
}
