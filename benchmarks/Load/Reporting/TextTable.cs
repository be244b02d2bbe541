using System.Globalization;

namespace ButlerRpc.Benchmarks.Load.Reporting;

/// <summary>The table for the terminal; Markdown, so that it can be pasted into the docs.</summary>
static class TextTable
{
    static readonly string[] Head =
    [
        "contestant", "calls/s", "× floor", "least … most", "p50 µs", "p99 µs", "CPU µs/call", "frames/send", "syscalls/call", "bytes/call", "others",
    ];

    public static void Write(Report report, TextWriter output)
    {
        output.WriteLine(report.Machine);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"warm-up {report.Plan.WarmUp} s, measured {report.Plan.Measure} s, {report.Plan.Runs} runs; medians; × floor is each run's ratio to the floor of the same run"));
        output.WriteLine(
            "CPU: client + server. Frames per send: requests / replies. System calls: both processes, all (of which sends, receives, waits). " +
            "Bytes: allocated by client / server. Others: the share of the machine that other processes took.");
        foreach (var note in report.Notes)
            output.WriteLine(note);
        foreach (var section in report.Sections)
        {
            output.WriteLine($"\n### {section.Row.Title}\n");
            WriteLines(output, [Head, .. section.Lines.Select(Cells)]);
        }
    }

    static string[] Cells(Line line) =>
    [
        line.Contestant,
        Text($"{line.Rate.Median:N0}"),
        Text($"{line.Ratio.Median:0.000}"),
        Text($"{line.Ratio.Least:0.000} … {line.Ratio.Most:0.000}"),
        Text($"{line.P50:0.0}"),
        Text($"{line.P99:0.0}"),
        Text($"{line.ClientCpu:0.000} + {line.ServerCpu:0.000}"),
        double.IsNaN(line.RequestsPerSend) ? "–" : Text($"{line.RequestsPerSend:0.0} / {line.RepliesPerSend:0.0}"),
        double.IsNaN(line.Sends) ? "–" : Text($"{line.AllSystemCalls:0.00} ({line.Sends:0.00}, {line.Receives:0.00}, {line.Waits:0.00})"),
        Text($"{line.ClientBytes:0.0} / {line.ServerBytes:0.0}"),
        Text($"{line.Foreign * 100:0} %"),
    ];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    static void WriteLines(TextWriter output, string[][] rows)
    {
        var widths = Enumerable.Range(0, Head.Length).Select(i => rows.Max(r => r[i].Length)).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            output.WriteLine($"| {string.Join(" | ", rows[i].Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])))} |");
            if (i == 0)
                output.WriteLine($"|{string.Join('|', widths.Select((w, column) => column == 0 ? new string('-', w + 2) : new string('-', w + 1) + ":"))}|");
        }
    }
}
