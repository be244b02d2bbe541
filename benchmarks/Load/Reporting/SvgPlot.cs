using System.Globalization;
using System.Net;
using System.Text;

namespace ButlerRpc.Benchmarks.Load.Reporting;

/// <summary>One panel per row, one bar per contestant: how much of the floor's rate it reaches, its spread over the runs, and the figures beside it.</summary>
static class SvgPlot
{
    const int Width = 1080, Left = 190, BarSpace = 430, BarHeight = 20, BarStep = 30, PanelHead = 46, Top = 84;

    static readonly string[] Colours = ["#8a8f98", "#1f6feb", "#57a6ff", "#d1762b", "#8957e5", "#c93c37", "#2c974b", "#9a6700"];

    public static string Draw(Report report)
    {
        var svg = new StringBuilder();
        var sections = report.Sections.Where(s => s.Lines.Count > 0).ToArray();
        var height = Top + sections.Sum(s => PanelHead + s.Lines.Count * BarStep) + 30;
        Append(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#24292f\">\n");
        Append(svg, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"#ffffff\"/>\n");
        Append(svg, $"<text x=\"20\" y=\"30\" font-size=\"18\" font-weight=\"bold\">Calls per second, as a share of bare sockets in the same run</text>\n");
        Append(svg, $"<text x=\"20\" y=\"50\" fill=\"#57606a\" font-size=\"12\">{Encode(report.Machine.ToString())}</text>\n");
        Append(svg, $"<text x=\"20\" y=\"67\" fill=\"#57606a\" font-size=\"12\">bars: median of {report.Plan.Runs} runs; whiskers: least and most; beside: calls/s, p50 / p99, processor time of both ends per call</text>\n");
        var y = Top;
        foreach (var section in sections)
        {
            DrawPanel(svg, section, report, y);
            y += PanelHead + section.Lines.Count * BarStep;
        }

        return svg.Append("</svg>\n").ToString();
    }

    static void DrawPanel(StringBuilder svg, Section section, Report report, int y)
    {
        var most = Math.Max(1.0, section.Lines.Where(l => !double.IsNaN(l.Ratio.Most)).Select(l => l.Ratio.Most).DefaultIfEmpty(1).Max());
        double X(double ratio) => Left + ratio / most * BarSpace;
        Append(svg, $"<text x=\"20\" y=\"{y + 24}\" font-size=\"15\" font-weight=\"bold\">{Encode(section.Row.Title)}</text>\n");
        var bottom = y + PanelHead + section.Lines.Count * BarStep - 8;
        for (var tick = 0.0; tick <= most; tick += 0.25)
        {
            Append(svg, $"<line x1=\"{X(tick):0.#}\" y1=\"{y + PanelHead - 12}\" x2=\"{X(tick):0.#}\" y2=\"{bottom}\" stroke=\"#d8dee4\"/>\n");
            Append(svg, $"<text x=\"{X(tick):0.#}\" y=\"{y + PanelHead - 16}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#57606a\">{tick:0.##}</text>\n");
        }

        for (var i = 0; i < section.Lines.Count; i++)
        {
            var line = section.Lines[i];
            var top = y + PanelHead - 6 + i * BarStep;
            var middle = top + BarHeight / 2;
            var colour = Colours[Math.Max(0, report.Plan.Contestants.Select(c => c.Name).ToList().IndexOf(line.Contestant)) % Colours.Length];
            Append(svg, $"<text x=\"{Left - 10}\" y=\"{middle + 5}\" text-anchor=\"end\">{Encode(line.Contestant)}</text>\n");
            if (!double.IsNaN(line.Ratio.Median))
            {
                Append(svg, $"<rect x=\"{Left}\" y=\"{top}\" width=\"{Math.Max(1, X(line.Ratio.Median) - Left):0.#}\" height=\"{BarHeight}\" fill=\"{colour}\"/>\n");
                Append(svg, $"<path d=\"M{X(line.Ratio.Least):0.#} {middle}H{X(line.Ratio.Most):0.#}\" stroke=\"#24292f\" stroke-width=\"1.5\"/>\n");
            }

            var ratio = double.IsNaN(line.Ratio.Median) ? "" : Invariant($"{line.Ratio.Median:0.00} ×   ");
            Append(svg, $"<text x=\"{Left + BarSpace + 16}\" y=\"{middle + 5}\" xml:space=\"preserve\">{ratio}{Rate(line.Rate.Median)}   {line.P50:0.#} / {line.P99:0.#} µs   {line.ClientCpu + line.ServerCpu:0.##} µs CPU</text>\n");
        }
    }

    static string Rate(double value) => value switch
    {
        >= 1e6 => Invariant($"{value / 1e6:0.00} M/s"),
        >= 1e3 => Invariant($"{value / 1e3:0.0} k/s"),
        _ => Invariant($"{value:0} /s"),
    };

    static string Encode(string text) => WebUtility.HtmlEncode(text);

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    static void Append(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture));
}
