using Spectre.Console;

namespace Chat.Client;

/// <summary>What a participant sees: in colours on a terminal, plain where the output goes to a file or another program.</summary>
sealed class Screen(bool quiet)
{
    static readonly string[] Colours = ["aqua", "yellow", "fuchsia", "lime", "orange1", "deepskyblue1"];

    readonly Lock _gate = new();
    readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect });

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
