using System.Diagnostics;

namespace Orders.Launcher;

/// <summary>A program of the sample, running in its own process; what it prints is shown with its name in front.</summary>
sealed class ChildProcess : IAsyncDisposable
{
    // Both programs write at the same time; whole lines stay whole.
    static readonly Lock Output = new();

    readonly Process _process;
    readonly string _name;
    readonly string? _awaited;
    readonly TaskCompletionSource<string?> _found = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Task _shown;

    ChildProcess(Process process, string name, string? awaited)
    {
        (_process, _name, _awaited) = (process, name, awaited);
        _shown = Task.WhenAll(ShowAsync(process.StandardOutput, Console.Out), ShowAsync(process.StandardError, Console.Error));
    }

    /// <summary>What stood behind the awaited text in the line that began with it; null when the program ended without such a line.</summary>
    public Task<string?> Awaited => _found.Task;

    /// <summary>Starts a program that lies beside this one, in the way in which this one was started: by itself, or as <c>dotnet program.dll</c>.</summary>
    public static ChildProcess Start(string program, string name, IEnumerable<string> arguments, string? awaited = null)
    {
        var own = Environment.ProcessPath!;
        var path = Path.Combine(AppContext.BaseDirectory, program);
        var start = Path.GetFileNameWithoutExtension(own) == "dotnet"
            ? new ProcessStartInfo(own, [path + ".dll", .. arguments])
            : new ProcessStartInfo(path + Path.GetExtension(own), arguments);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return new ChildProcess(Process.Start(start)!, name, awaited);
    }

    /// <summary>Tells the program that there is no more input; the server takes that as a request to stop.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Its exit code, once it has ended and everything it printed has been shown.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        await _shown;
        if (_process.ExitCode != 0)
            Show(Console.Error, $"ended with code {_process.ExitCode}");
        return _process.ExitCode;
    }

    /// <summary>Ends it if it is still running.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    async Task ShowAsync(StreamReader from, TextWriter to)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            Show(to, line);
            if (_awaited is not null && line.StartsWith(_awaited, StringComparison.Ordinal))
                _found.TrySetResult(line[_awaited.Length..]);
        }

        if (from == _process.StandardOutput)
            _found.TrySetResult(null);
    }

    void Show(TextWriter to, string line)
    {
        lock (Output)
            to.WriteLine($"{_name} | {line}");
    }
}
