using System.Globalization;

namespace ButlerRpc.Benchmarks.Load.Reporting;

/// <summary>The table for the terminal; Markdown, so that it can be pasted into the docs.</summary>
static class TextTable
{
    static readonly string[] Head =
    [
        "contestant", "calls/s", "× floor", "least … most", "p50 µs", "p99 µs", "p99 ÷ p50, × floor's", "CPU µs/call", "frames/send", "syscalls/call", "bytes/call", "MiB", "others",
    ];

    public static void Write(Report report, TextWriter output)
    {
        output.WriteLine(report.Machine);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"warm-up {report.Plan.WarmUp} s, measured {report.Plan.Measure} s, {report.Plan.Runs} runs; medians; × floor is each run's ratio to the floor of the same run"));
        output.WriteLine(
            "CPU: client + server. Frames per send: requests / replies. System calls: both processes, all (of which sends, receives, waits). " +
            "Bytes: allocated by client / server. MiB: working sets of client and server. Others: the share of the machine that other processes took. " +
            "Of streams, calls are items. A dash: not counted or not known.");
        foreach (var note in report.Notes)
            output.WriteLine(note);
        foreach (var section in report.Sections)
        {
            output.WriteLine($"\n### {section.Row.Title}\n");
            var floor = section.Lines.FirstOrDefault(l => l.Contestant == "floor");
            Write(output, [Head, .. section.Lines.Select(line => Cells(line, floor))]);
        }

        foreach (var finding in report.Findings)
        {
            output.WriteLine($"\n### {finding.Title}\n");
            Write(output, [[.. finding.Head], .. finding.Rows.Select(r => r.ToArray())]);
            foreach (var note in finding.Notes)
                output.WriteLine($"\n{note}");
        }
    }

    static string[] Cells(Line line, Line? floor) =>
    [
        line.Contestant,
        Text($"{line.Rate.Median:N0}"),
        Known(line.Ratio.Median, $"{line.Ratio.Median:0.000}"),
        Known(line.Ratio.Median, $"{line.Ratio.Least:0.000} … {line.Ratio.Most:0.000}"),
        Known(line.P50, $"{line.P50:0.0}"),
        Known(line.P99, $"{line.P99:0.0}"),
        Known(line.P99, $"{line.P99 / line.P50:0.0}") + (floor is null || double.IsNaN(line.P99) ? "" : Known(floor.P99, $", {line.P99 / line.P50 / (floor.P99 / floor.P50):0.00}")),
        Text($"{line.ClientCpu:0.000} + {line.ServerCpu:0.000}"),
        Known(line.RequestsPerSend + line.RepliesPerSend, $"{line.RequestsPerSend:0.0} / {line.RepliesPerSend:0.0}"),
        Known(line.Sends, $"{line.AllSystemCalls:0.00} ({line.Sends:0.00}, {line.Receives:0.00}, {line.Waits:0.00})"),
        Known(line.ClientBytes, $"{line.ClientBytes:0.0} / {line.ServerBytes:0.0}"),
        Known(line.WorkingSetBytes, $"{line.WorkingSetBytes / (1 << 20):0}"),
        Text($"{line.Foreign * 100:0} %"),
    ];

    static string Known(double figure, FormattableString text) => double.IsNaN(figure) ? "–" : Text(text);

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    static void Write(TextWriter output, string[][] rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => r[i].Length)).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            output.WriteLine($"| {string.Join(" | ", rows[i].Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])))} |");
            if (i == 0)
                output.WriteLine($"|{string.Join('|', widths.Select((w, column) => column == 0 ? new string('-', w + 2) : new string('-', w + 1) + ":"))}|");
        }
    }
}
