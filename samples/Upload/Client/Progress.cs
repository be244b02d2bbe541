using Spectre.Console;

namespace Upload.Client;

/// <summary>Shows how far an upload is.</summary>
abstract class Progress
{
    /// <summary>Runs the work; it tells how many of the bytes are done.</summary>
    public abstract Task<T> ShowAsync<T>(long bytes, Func<Action<long>, Task<T>> work);

    /// <summary>Says something beside it.</summary>
    public abstract void Note(string text);

    /// <summary>A bar on a terminal, a line for each tenth where the output goes to a file or another program.</summary>
    public static Progress Of(bool redirected) => redirected ? new LineProgress() : new BarProgress();
}

sealed class LineProgress : Progress
{
    const int Steps = 10;

    public override Task<T> ShowAsync<T>(long bytes, Func<Action<long>, Task<T>> work)
    {
        var shown = 0L;
        return work(done =>
        {
            var step = bytes == 0 ? Steps : done * Steps / bytes;
            if (step > shown)
                Console.WriteLine($"{step * 100 / Steps} % sent");
            shown = Math.Max(shown, step);
        });
    }

    public override void Note(string text) => Console.WriteLine(text);
}

sealed class BarProgress : Progress
{
    public override Task<T> ShowAsync<T>(long bytes, Func<Action<long>, Task<T>> work) =>
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask("Sending", maxValue: Math.Max(1, bytes));
                var result = await work(done => bar.Value = done);
                bar.Value = bar.MaxValue;
                return result;
            });

    public override void Note(string text) => AnsiConsole.MarkupLine($"[grey]{text.EscapeMarkup()}[/]");
}
