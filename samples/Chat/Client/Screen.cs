using Spectre.Console;

namespace Chat.Client;

/// <summary>What a participant sees: in colours on a terminal, plain where the output goes to a file or another program.</summary>
sealed class Screen(bool quiet)
{
    static readonly string[] Colours = ["aqua", "yellow", "fuchsia", "lime", "orange1", "deepskyblue1"];

    readonly Lock _gate = new();
    readonly IAnsiConsole _console = CreateConsole(Console.IsOutputRedirected);

    static IAnsiConsole CreateConsole(bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect });
        if (redirected)
            console.Profile.Width = int.MaxValue; // whole lines for whoever reads them
        return console;
    }

    public void Line(string author, string text)
    {
        if (!quiet)
            Write($"[{ColourOf(author)}]{author.EscapeMarkup()}[/]: {text.EscapeMarkup()}");
    }

    public void Whisper(string from, string text) => Write($"[{ColourOf(from)}]{from.EscapeMarkup()}[/] [italic]whispers: {text.EscapeMarkup()}[/]");

    public void Note(string text) => Write($"[grey]* {text.EscapeMarkup()}[/]");

    void Write(string markup)
    {
        lock (_gate)
            _console.MarkupLine(markup);
    }

    // The same name has the same colour on every screen.
    static string ColourOf(string name) => Colours[name.Sum(c => c) % Colours.Length];
}
