using System.Diagnostics;

namespace ButlerRpc.Samples.Tests;

/// <summary>A program of a sample in a process of its own. It is killed with the test, should it still run.</summary>
sealed class SampleProcess : IDisposable
{
    readonly Process _process;
    readonly List<string> _lines = [];
    readonly List<(Predicate<string> IsIt, TaskCompletionSource<string> Found)> _awaited = [];
    readonly Task _read;
    bool _ended;

    SampleProcess(Process process)
    {
        _process = process;
        _read = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError)).ContinueWith(_ => End(), TaskScheduler.Default);
    }

    /// <summary>Runs to its end.</summary>
    public static async Task<SampleResult> RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        return await process.ResultAsync();
    }

    public static SampleProcess Start(string program, params string[] arguments)
    {
        return Start(new ProcessStartInfo(Dotnet, [PathOf(program), .. arguments]));
    }

    /// <summary>Started by a script of the shell, in which <c>"$@"</c> is the program with its arguments.</summary>
    public static SampleProcess StartByScript(string shell, string script, string program, params string[] arguments) =>
        Start(new ProcessStartInfo(shell, ["-c", script, shell, Dotnet, PathOf(program), .. arguments]));

    static SampleProcess Start(ProcessStartInfo start)
    {
        start.Environment["DOTNET_TieredPGO"] = "0"; // as the tests themselves: it ends before it has learnt anything
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        return new SampleProcess(Process.Start(start)!);
    }

    static string PathOf(string program) => Path.Combine(AppContext.BaseDirectory, program + ".dll");

    /// <summary>The first line that begins with a text, once it has been printed.</summary>
    public Task<string> LineAsync(string beginning)
    {
        var isIt = new Predicate<string>(line => line.StartsWith(beginning, StringComparison.Ordinal));
        lock (_lines)
        {
            if (_lines.Find(isIt) is { } line)
                return Task.FromResult(line);
            var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_ended)
                found.SetException(NeverPrinted());
            else
                _awaited.Add((isIt, found));
            return found.Task;
        }
    }

    /// <summary>Ends it as a crash of its machine would: nothing in it gets to run.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Tells it that there is no more input.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    public async Task<SampleResult> ResultAsync()
    {
        await _process.WaitForExitAsync();
        await _read;
        return new SampleResult(_process.ExitCode, [.. _lines]);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    // The tests themselves run under it, except under a runner that brings its own host.
    static string Dotnet => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? Environment.ProcessPath!
        : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    async Task ReadAsync(StreamReader from)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (_lines)
            {
                _lines.Add(line);
                foreach (var (isIt, found) in _awaited)
                {
                    if (isIt(line))
                        found.TrySetResult(line);
                }
            }
        }
    }

    void End()
    {
        lock (_lines)
        {
            _ended = true;
            foreach (var (_, found) in _awaited)
                found.TrySetException(NeverPrinted());
        }
    }

    InvalidOperationException NeverPrinted() => new($"the program ended without printing the line; it printed:\n{string.Join('\n', _lines)}");
}

/// <summary>What a program printed, on both outputs, and its exit code.</summary>
sealed record SampleResult(int ExitCode, IReadOnlyList<string> Lines)
{
    public string Text => string.Join('\n', Lines);
}
