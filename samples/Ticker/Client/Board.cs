using System.Globalization;
using Spectre.Console;

namespace Ticker.Client;

/// <summary>Shows the readers while they read.</summary>
abstract class Board(IReadOnlyList<Reader> readers)
{
    protected IReadOnlyList<Reader> Readers => readers;

    /// <summary>Shows them until all have ended.</summary>
    public abstract Task ShowAsync(Task reading);

    /// <summary>A table on a terminal, lines now and then where the output goes to a file or another program.</summary>
    public static Board Of(IReadOnlyList<Reader> readers, bool redirected) => redirected ? new LineBoard(readers) : new TableBoard(readers);

    /// <summary>How many quotes a reader is behind the one that is farthest.</summary>
    protected int Behind(Reader reader) => Math.Max(0, readers.Max(r => r.Latest.Number) - reader.Latest.Number);

    protected static async Task EachAsync(TimeSpan interval, Task until, Action show)
    {
        while (await Task.WhenAny(until, Task.Delay(interval)) != until)
            show();
        await until;
        show();
    }
}

sealed class LineBoard(IReadOnlyList<Reader> readers) : Board(readers)
{
    public override Task ShowAsync(Task reading) => EachAsync(TimeSpan.FromMilliseconds(500), reading, () =>
    {
        foreach (var reader in Readers)
            Console.WriteLine($"{reader.Name,-14}: read {reader.Read}, skipped {reader.Skipped}, behind {Behind(reader)}");
    });
}

sealed class TableBoard(IReadOnlyList<Reader> readers) : Board(readers)
{
    static readonly string[] Shown = ["GOLD", "SILK"];

    public override Task ShowAsync(Task reading)
    {
        var table = new Table().Title("One market, read over one connection");
        foreach (var column in (string[])["reader", "overflow", "pace", .. Shown, "read", "skipped", "behind"])
            table.AddColumn(new TableColumn(column).NoWrap());
        foreach (var reader in Readers)
            table.AddRow([reader.Name, $"{reader.Overflow}", reader.Pace == TimeSpan.Zero ? "" : $"{reader.Pace.TotalMilliseconds} ms", .. Shown.Select(_ => ""), "", "", ""]);
        return AnsiConsole.Live(table).StartAsync(live => EachAsync(TimeSpan.FromMilliseconds(100), reading, () =>
        {
            for (var row = 0; row < Readers.Count; row++)
            {
                var reader = Readers[row];
                for (var i = 0; i < Shown.Length; i++)
                    table.UpdateCell(row, 3 + i, reader.PriceOf(Shown[i])?.ToString("0.00", CultureInfo.InvariantCulture) ?? "");
                table.UpdateCell(row, 3 + Shown.Length, $"{reader.Read}");
                table.UpdateCell(row, 4 + Shown.Length, reader.Skipped > 0 ? $"[yellow]{reader.Skipped}[/]" : "0");
                table.UpdateCell(row, 5 + Shown.Length, Behind(reader) > 1000 ? $"[red]{Behind(reader)}[/]" : $"{Behind(reader)}");
            }

            live.Refresh();
        }));
    }
}
