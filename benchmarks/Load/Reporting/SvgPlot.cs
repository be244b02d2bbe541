using System.Globalization;
using System.Net;
using System.Text;
using ButlerRpc.Benchmarks.Load.Contestants;

namespace ButlerRpc.Benchmarks.Load.Reporting;

/// <summary>
/// One panel per row, one bar per contestant: how much of the floor's rate it reaches (where no floor took part, and of streams, whose floor is out of everybody's reach: of the
/// fastest contestant's), its spread over the runs, and the figures beside it. Rows of the open loop are latencies by share of calls instead.
/// </summary>
static class SvgPlot
{
    internal const int Width = 1080, Left = 190, PlotWidth = 430;
    const int BarHeight = 20, BarStep = 28, PanelHead = 58, PanelFoot = 14, Top = 84;

    static readonly string[] Colours =
        ["#8a8f98", "#1f6feb", "#57a6ff", "#79c0b8", "#8957e5", "#c93c37", "#2c974b", "#9a6700", "#d4a72c", "#d1762b", "#bf3989", "#0a3069"];

    public static string Draw(Report report)
    {
        var svg = new StringBuilder();
        var panels = report.Sections.Where(s => !s.Row.IsPaced).Select(BarsOf).ToArray();
        var loops = report.Sections.Where(s => s.Row.IsPaced && s.Lines.Any(l => l.Steps.Count > 0)).ToArray();
        var height = Top + panels.Sum(HeightOf) + loops.Length * SvgLatencies.Height + 20;
        Append(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#24292f\">\n");
        Append(svg, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"#ffffff\"/>\n");
        Append(svg, $"<text x=\"20\" y=\"30\" font-size=\"18\" font-weight=\"bold\">Calls per second, as a share of bare sockets in the same run</text>\n");
        Append(svg, $"<text x=\"20\" y=\"50\" fill=\"#57606a\" font-size=\"12\">{Encode(report.Machine.ToString())}</text>\n");
        var runs = report.Plan.Runs == 1 ? "one run" : Invariant($"median of {report.Plan.Runs} runs; whiskers: least and most");
        Append(svg, $"<text x=\"20\" y=\"67\" fill=\"#57606a\" font-size=\"12\">bars: {runs}; beside: rate, p50 / p99, processor time of both ends per call</text>\n");
        var y = Top;
        foreach (var panel in panels)
        {
            DrawBars(svg, panel, y);
            y += HeightOf(panel);
        }

        foreach (var section in loops)
        {
            SvgLatencies.Draw(svg, section, y);
            y += SvgLatencies.Height;
        }

        return svg.Append("</svg>\n").ToString();
    }

    static Panel BarsOf(Section section)
    {
        var byFloor = !section.Row.IsStream && section.Lines.Any(l => l.Contestant == "floor");
        if (byFloor)
            return new Panel(section.Row.Title, "× floor", [.. section.Lines.Select(l => (l, l.Ratio))]);
        var lines = section.Lines.Where(l => l.Contestant != "floor").ToArray();
        var best = lines.Select(l => l.Rate.Median).DefaultIfEmpty(1).Max();
        var floor = section.Lines.FirstOrDefault(l => l.Contestant == "floor") is { } f ? $"; floor: {Rate(f.Rate.Median)}" : "";
        return new Panel(
            section.Row.Title + floor, "× fastest", [.. lines.Select(l => (l, new Spread(l.Rate.Median / best, l.Rate.Least / best, l.Rate.Most / best)))]);
    }

    static int HeightOf(Panel panel) => PanelHead + panel.Bars.Count * BarStep + PanelFoot;

    static void DrawBars(StringBuilder svg, Panel panel, int y)
    {
        var most = Math.Max(1.0, panel.Bars.Select(b => b.Share.Most).Where(s => !double.IsNaN(s)).DefaultIfEmpty(1).Max());
        double X(double share) => Left + share / most * PlotWidth;
        Append(svg, $"<text x=\"20\" y=\"{y + 22}\" font-size=\"15\" font-weight=\"bold\">{Encode(panel.Title)}</text>\n");
        Append(svg, $"<text x=\"{Left - 10}\" y=\"{y + 42}\" text-anchor=\"end\" font-size=\"11\" fill=\"#57606a\">{panel.Scale}</text>\n");
        for (var tick = 0.0; tick <= most + 1e-9; tick += most > 4 ? 1 : 0.25)
        {
            Append(svg, $"<line x1=\"{X(tick):0.#}\" y1=\"{y + 47}\" x2=\"{X(tick):0.#}\" y2=\"{y + PanelHead + panel.Bars.Count * BarStep - 6}\" stroke=\"#d8dee4\"/>\n");
            Append(svg, $"<text x=\"{X(tick):0.#}\" y=\"{y + 42}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#57606a\">{tick:0.##}</text>\n");
        }

        for (var i = 0; i < panel.Bars.Count; i++)
        {
            var (line, share) = panel.Bars[i];
            var top = y + PanelHead - 6 + i * BarStep;
            var middle = top + BarHeight / 2;
            Append(svg, $"<text x=\"{Left - 10}\" y=\"{middle + 5}\" text-anchor=\"end\">{Encode(line.Contestant)}</text>\n");
            if (!double.IsNaN(share.Median))
            {
                Append(svg, $"<rect x=\"{Left}\" y=\"{top}\" width=\"{Math.Max(1, X(share.Median) - Left):0.#}\" height=\"{BarHeight}\" fill=\"{ColourOf(line.Contestant)}\"/>\n");
                if (share.Most > share.Least)
                    Append(svg, $"<path d=\"M{X(share.Least):0.#} {middle}H{X(share.Most):0.#}M{X(share.Least):0.#} {middle - 4}v8M{X(share.Most):0.#} {middle - 4}v8\" stroke=\"#24292f\" stroke-width=\"1.5\" fill=\"none\"/>\n");
            }

            var ratio = double.IsNaN(line.Ratio.Median) ? "" : line.Ratio.Median < 0.1 ? Invariant($"{line.Ratio.Median:0.000} ×   ") : Invariant($"{line.Ratio.Median:0.00} ×   ");
            var latency = double.IsNaN(line.P50) ? "" : Invariant($"{line.P50:0.#} / {line.P99:0.#} µs   ");
            Append(svg, $"<text x=\"{Left + PlotWidth + 16}\" y=\"{middle + 5}\" xml:space=\"preserve\">{ratio}{Rate(line.Rate.Median)}   {latency}{line.ClientCpu + line.ServerCpu:0.##} µs CPU</text>\n");
        }
    }

    internal static string ColourOf(string contestant) => Colours[Math.Max(0, Contestant.All.ToList().FindIndex(c => c.Name == contestant)) % Colours.Length];

    internal static string Encode(string text) => WebUtility.HtmlEncode(text);

    internal static void Append(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture));

    static string Rate(double value) => value switch
    {
        >= 1e6 => Invariant($"{value / 1e6:0.00} M/s"),
        >= 1e3 => Invariant($"{value / 1e3:0.0} k/s"),
        _ => Invariant($"{value:0} /s"),
    };

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A panel's bars, and what they are shares of.</summary>
    sealed record Panel(string Title, string Scale, IReadOnlyList<(Line Line, Spread Share)> Bars);
}
