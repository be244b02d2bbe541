using System.Text;

namespace ButlerRpc.Benchmarks.Load.Reporting;

/// <summary>
/// The panel of an open loop: from left to right ever rarer calls, upwards the latency that such a part of them exceeds, both in powers of ten. A line that stays flat is a service whose
/// slow calls hold nobody else up.
/// </summary>
static class SvgLatencies
{
    public const int Height = 270;

    const int PlotHeight = 180, Head = 40;

    public static void Draw(StringBuilder svg, Section section, int y)
    {
        var lines = section.Lines.Where(l => l.Steps.Count > 0).ToArray();
        var longest = lines.SelectMany(l => l.Steps).Max(s => s.Microseconds);
        var shortest = lines.SelectMany(l => l.Steps).Where(s => s.Share >= 0.5).Min(s => s.Microseconds);
        var (low, high) = ((int)Math.Floor(Math.Log10(Math.Max(1, shortest))), (int)Math.Ceiling(Math.Log10(Math.Max(10, longest))));
        var rarest = 5;
        double X(double share) => SvgPlot.Left + (Math.Min(rarest, -Math.Log10(Math.Max(1e-9, 1 - share))) - Math.Log10(2)) / (rarest - Math.Log10(2)) * SvgPlot.PlotWidth;
        double Y(double microseconds) => y + Head + PlotHeight - (Math.Log10(Math.Max(1, microseconds)) - low) / Math.Max(1, high - low) * PlotHeight;

        SvgPlot.Append(svg, $"<text x=\"20\" y=\"{y + 22}\" font-size=\"15\" font-weight=\"bold\">{SvgPlot.Encode(section.Row.Title)}: latency</text>\n");
        for (var power = low; power <= high; power++)
        {
            var at = Y(Math.Pow(10, power));
            SvgPlot.Append(svg, $"<line x1=\"{SvgPlot.Left}\" y1=\"{at:0.#}\" x2=\"{SvgPlot.Left + SvgPlot.PlotWidth}\" y2=\"{at:0.#}\" stroke=\"#d8dee4\"/>\n");
            SvgPlot.Append(svg, $"<text x=\"{SvgPlot.Left - 10}\" y=\"{at + 4:0.#}\" text-anchor=\"end\" font-size=\"11\" fill=\"#57606a\">{NameOf(power)}</text>\n");
        }

        foreach (var (share, name) in new[] { (0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9"), (0.9999, "p99.99"), (1, "longest") })
        {
            SvgPlot.Append(svg, $"<line x1=\"{X(share):0.#}\" y1=\"{y + Head}\" x2=\"{X(share):0.#}\" y2=\"{y + Head + PlotHeight}\" stroke=\"#d8dee4\"/>\n");
            SvgPlot.Append(svg, $"<text x=\"{X(share):0.#}\" y=\"{y + Head + PlotHeight + 16}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#57606a\">{name}</text>\n");
        }

        for (var i = 0; i < lines.Length; i++)
        {
            var colour = SvgPlot.ColourOf(lines[i].Contestant);
            var points = string.Join(' ', lines[i].Steps.Where(s => s.Share >= 0.5).Select(s => FormattableString.Invariant($"{X(s.Share):0.#},{Y(s.Microseconds):0.#}")));
            SvgPlot.Append(svg, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>\n");
            var at = y + Head + 16 + i * 22;
            SvgPlot.Append(svg, $"<line x1=\"{SvgPlot.Left + SvgPlot.PlotWidth + 20}\" y1=\"{at - 4}\" x2=\"{SvgPlot.Left + SvgPlot.PlotWidth + 44}\" y2=\"{at - 4}\" stroke=\"{colour}\" stroke-width=\"3\"/>\n");
            SvgPlot.Append(svg, $"<text x=\"{SvgPlot.Left + SvgPlot.PlotWidth + 52}\" y=\"{at}\">{SvgPlot.Encode(lines[i].Contestant)}   {lines[i].P50:0} / {lines[i].P99:0} µs</text>\n");
        }
    }

    static string NameOf(int power) => power switch
    {
        < 3 => FormattableString.Invariant($"{Math.Pow(10, power):0} µs"),
        < 6 => FormattableString.Invariant($"{Math.Pow(10, power - 3):0} ms"),
        _ => FormattableString.Invariant($"{Math.Pow(10, power - 6):0} s"),
    };
}
