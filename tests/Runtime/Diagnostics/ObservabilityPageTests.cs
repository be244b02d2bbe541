using System.Text.RegularExpressions;
using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Diagnostics;

/// <summary>The page that tells operators what they see is compared with what the sources say and the instruments are.</summary>
[NonParallelizable]
public sealed partial class ObservabilityPageTests
{
    // Made by this process or written by its user. A peer's address is made fit for people where it is read (Addresses).
    static readonly string[] OwnTexts = ["remote", "endpoint", "endpoints", "method", "protocol", "resolver", "services", "implementation"];

    static readonly string Page = File.ReadAllText(Repository.Path("docs", "observability.md"));

    static readonly string[] Rows = [.. Page.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal))];

    static readonly (string File, Message[] Messages)[] Logs = [.. Repository.Sources("src")
        .Select(file => (Path.GetRelativePath(Repository.Root, file), LogMessage().Matches(File.ReadAllText(file)).Select(Message.Of).ToArray()))
        .Where(f => f.Item2.Length > 0)];

    static IEnumerable<Message> Messages => Logs.SelectMany(l => l.Messages);

    [Test]
    public void Every_log_message_has_its_row_with_name_level_and_text_and_there_are_no_others()
    {
        Assert.That(Messages.Count(), Is.GreaterThan(45));
        Assert.Multiple(() =>
        {
            foreach (var message in Messages)
                Assert.That(Rows, Has.One.StartsWith(message.Row), message.Row);
        });
        Assert.That(Rows.Count(r => LogRow().IsMatch(r)), Is.EqualTo(Messages.Count()), "rows of messages that there are no longer");
    }

    [Test]
    public void Ids_of_log_messages_are_unique_and_ascend_in_each_file()
    {
        Assert.That(Messages.Select(m => m.Id), Is.Unique);
        foreach (var (file, messages) in Logs)
            Assert.That(messages.Select(m => m.Id), Is.Ordered, file);
    }

    [Test]
    public void Declarations_of_log_messages_are_all_read() =>
        Assert.That(Messages.Count(), Is.EqualTo(Repository.Sources("src").Sum(f => Regex.Count(File.ReadAllText(f), @"\[LoggerMessage\("))));

    [Test]
    public void Text_that_a_peer_may_have_made_is_logged_as_a_reason()
    {
        var open = Messages.SelectMany(m => StringParameter().Matches(m.Parameters).Select(p => (m.Name, Parameter: p.Groups[1].Value)))
            .Where(p => !OwnTexts.Contains(p.Parameter));
        Assert.That(open, Is.Empty, "declare it as a LogReason");
    }

    [Test]
    public async Task Every_instrument_has_its_row_with_kind_and_unit_and_there_are_no_others()
    {
        await using var client = ButlerClient.Open("tcp://127.0.0.1:1");
        using var watcher = new Watcher();
        Assert.Multiple(() =>
        {
            foreach (var instrument in watcher.Instruments)
            {
                var kind = instrument.GetType().Name.Split('`')[0] switch { "Histogram" => "histogram", "ObservableCounter" => "counter", "ObservableUpDownCounter" => "up-down counter", var other => other };
                var unit = instrument.Unit!.StartsWith('{') || instrument.Unit == "By" ? $"`{instrument.Unit}`" : instrument.Unit;
                Assert.That(Rows, Has.One.StartsWith($"| `{instrument.Name}` | {kind}, {unit} | "), instrument.Name);
            }
        });
        Assert.That(Rows.Count(r => InstrumentRow().IsMatch(r)), Is.EqualTo(watcher.Instruments.Count), "rows of instruments that there are no longer");
    }

    [Test]
    public void Attributes_of_the_page_are_those_that_measurements_and_spans_have()
    {
        var known = Repository.Sources("src", "Runtime").SelectMany(f => AttributeText().Matches(File.ReadAllText(f))).Select(m => m.Groups[1].Value).ToHashSet();
        var told = AttributeName().Matches(Page).Select(m => m.Groups[1].Value).ToHashSet();
        Assert.That(told, Is.EquivalentTo(known));
    }

    [GeneratedRegex("""\[LoggerMessage\((?:EventId = )?(\d+), (?:LogLevel\.(\w+), )?(?:Message = )?"((?:[^"\\]|\\.)*)"\)\]\s*(?:public|internal) static partial void (\w+)\(([^)]*)\)""")]
    private static partial Regex LogMessage();

    [GeneratedRegex(@"\bstring\?? (\w+)")]
    private static partial Regex StringParameter();

    [GeneratedRegex(@"^\| \d+ \| ")]
    private static partial Regex LogRow();

    [GeneratedRegex(@"^\| `[a-z_.]+` \| (?:histogram|counter|up-down counter), ")]
    private static partial Regex InstrumentRow();

    [GeneratedRegex(@"""((?:butlerrpc|rpc|server|client|error)\.[a-z_.]+)""")]
    private static partial Regex AttributeText();

    [GeneratedRegex(@"`((?:butlerrpc|rpc|server|client|error)\.[a-z_.]+)`")]
    private static partial Regex AttributeName();

    sealed record Message(int Id, string Level, string Text, string Name, string Parameters)
    {
        /// <summary>How its row begins. A level that depends is told in words.</summary>
        public string Row => Level.Length > 0 ? $"| {Id} | {Name} | {Level} | {Text} |" : $"| {Id} | {Name} | ";

        public static Message Of(Match match) => new(
            int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), match.Groups[2].Value, match.Groups[3].Value, match.Groups[4].Value, match.Groups[5].Value);
    }
}
