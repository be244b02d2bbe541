using System.Diagnostics;

namespace Launching;

/// <summary>A program of a sample, running in a process of its own; what it prints is shown with its name in front.</summary>
sealed class ChildProcess : IAsyncDisposable
{
    // Several programs write at the same time; whole lines stay whole.
    static readonly Lock Output = new();

    readonly Process _process;
    readonly string _name;
    readonly Action<string>? _show;
    readonly List<string> _lines = [];
    readonly List<(string Beginning, TaskCompletionSource<string?> Found)> _awaited = [];
    readonly Task _shown;
    bool _ended;

    ChildProcess(Process process, string name, Action<string>? show)
    {
        (_process, _name, _show) = (process, name, show);
        _shown = ShowAllAsync();
    }

    /// <summary>Everything it has printed so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    /// <summary>Starts a program that lies beside this one, in the way in which this one was started: by itself, or as <c>dotnet program.dll</c>.</summary>
    /// <param name="program">Its name, without an extension.</param>
    /// <param name="name">What stands before its lines.</param>
    /// <param name="arguments">What it is told.</param>
    /// <param name="show">What shows a line. Default: the outputs of this program.</param>
    public static ChildProcess Start(string program, string name, IEnumerable<string> arguments, Action<string>? show = null)
    {
        var own = Environment.ProcessPath!;
        var path = Path.Combine(AppContext.BaseDirectory, program);
        var start = Path.GetFileNameWithoutExtension(own) == "dotnet"
            ? new ProcessStartInfo(own, [path + ".dll", .. arguments])
            : new ProcessStartInfo(path + Path.GetExtension(own), arguments);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return new ChildProcess(Process.Start(start)!, name, show);
    }

    /// <summary>What stands behind the text in the first line that begins with it; null when the program ended without such a line.</summary>
    public Task<string?> LineAsync(string beginning)
    {
        lock (_lines)
        {
            if (_lines.Find(l => l.StartsWith(beginning, StringComparison.Ordinal)) is { } line)
                return Task.FromResult<string?>(line[beginning.Length..]);
            if (_ended)
                return Task.FromResult<string?>(null);
            var found = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((beginning, found));
            return found.Task;
        }
    }

    /// <summary>Tells the program that there is no more input; a server takes that as a request to stop.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Ends it as a crash would: nothing in it gets to run. Returns when it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _shown;
    }

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

    async Task ShowAllAsync()
    {
        await Task.WhenAll(ShowAsync(_process.StandardOutput, Console.Out), ShowAsync(_process.StandardError, Console.Error));
        lock (_lines)
        {
            _ended = true;
            foreach (var (_, found) in _awaited)
                found.TrySetResult(null);
        }
    }

    async Task ShowAsync(StreamReader from, TextWriter to)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            Show(to, line);
            lock (_lines)
            {
                _lines.Add(line);
                foreach (var (beginning, found) in _awaited)
                {
                    if (line.StartsWith(beginning, StringComparison.Ordinal))
                        found.TrySetResult(line[beginning.Length..]);
                }
            }
        }
    }

    void Show(TextWriter to, string line)
    {
        lock (Output)
        {
            if (_show is null)
                to.WriteLine($"{_name} | {line}");
            else
                _show($"{_name} | {line}");
        }
    }
}
