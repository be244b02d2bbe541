using Spectre.Console;

namespace Orders.Client;

/// <summary>Shows how far the orders are.</summary>
abstract class Progress
{
    /// <summary>Runs the work; it tells each order that is done.</summary>
    public abstract Task ShowAsync(int orders, Func<Action, Task> work);

    /// <summary>A bar on a terminal, a line now and then where the output goes to a file or another program.</summary>
    public static Progress Of(TextWriter output, bool redirected) => redirected ? new LineProgress(output) : new BarProgress();
}

sealed class LineProgress(TextWriter output) : Progress
{
    const int Steps = 4;

    public override Task ShowAsync(int orders, Func<Action, Task> work)
    {
        var done = 0;
        return work(() =>
        {
            var now = Interlocked.Increment(ref done);
            if (now * Steps / orders > (now - 1) * Steps / orders)
                output.WriteLine($"{now} of {orders} orders answered");
        });
    }
}

sealed class BarProgress : Progress
{
    public override Task ShowAsync(int orders, Func<Action, Task> work) =>
        AnsiConsole.Progress().StartAsync(progress =>
        {
            var bar = progress.AddTask("Placing orders", maxValue: orders);
            return work(() => bar.Increment(1));
        });
}
