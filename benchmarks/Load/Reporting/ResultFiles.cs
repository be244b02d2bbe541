using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ButlerRpc.Benchmarks.Load.Trials;

namespace ButlerRpc.Benchmarks.Load.Reporting;

/// <summary>Writes what was found out as JSON (every run), CSV (medians), Markdown and a plot.</summary>
static class ResultFiles
{
    public static async Task<IReadOnlyList<string>> WriteAsync(Report report, string folder)
    {
        Directory.CreateDirectory(folder);
        var name = Path.Combine(folder, $"load-{DateTime.UtcNow:yyyyMMdd-HHmmss}");
        var table = new StringWriter();
        TextTable.Write(report, table);
        (string Extension, string Content)[] files =
        [
            (".json", JsonSerializer.Serialize(new Results(report.Machine, report.Notes, report.Measurements, report.Findings), ResultJson.Default.Results)),
            (".csv", Csv(report)),
            (".md", table.ToString()),
            (".svg", SvgPlot.Draw(report)),
        ];
        foreach (var (extension, content) in files)
            await File.WriteAllTextAsync(name + extension, content);
        return [.. files.Select(f => name + f.Extension)];
    }

    static string Csv(Report report)
    {
        var csv = new StringBuilder(
            "row,contestant,calls_per_s,calls_per_s_least,calls_per_s_most,ratio,ratio_least,ratio_most,p50_us,p99_us,cpu_us_client,cpu_us_server," +
            "frames_per_send_client,frames_per_send_server,bytes_per_call_client,bytes_per_call_server,sends_per_call,receives_per_call,waits_per_call," +
            "system_calls_per_call,heap_bytes,working_set_bytes,others_share\n");
        foreach (var section in report.Sections)
        {
            foreach (var l in section.Lines)
            {
                double[] figures =
                [
                    l.Rate.Median, l.Rate.Least, l.Rate.Most, l.Ratio.Median, l.Ratio.Least, l.Ratio.Most, l.P50, l.P99, l.ClientCpu, l.ServerCpu,
                    l.RequestsPerSend, l.RepliesPerSend, l.ClientBytes, l.ServerBytes, l.Sends, l.Receives, l.Waits, l.AllSystemCalls, l.HeapBytes, l.WorkingSetBytes, l.Foreign,
                ];
                var cells = figures.Select(f => double.IsNaN(f) ? "" : f.ToString("0.####", CultureInfo.InvariantCulture));
                csv.Append(CultureInfo.InvariantCulture, $"{section.Row.Id},{l.Contestant},{string.Join(',', cells)}\n");
            }
        }

        return csv.ToString();
    }
}

sealed record Results(Machine Machine, IReadOnlyList<string> Notes, IReadOnlyList<Measurement> Measurements, IReadOnlyList<Finding> Findings);

[JsonSourceGenerationOptions(WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(Results))]
sealed partial class ResultJson : JsonSerializerContext;
