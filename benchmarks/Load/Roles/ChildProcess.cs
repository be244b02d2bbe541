using System.Diagnostics;
using System.Globalization;

namespace ButlerRpc.Benchmarks.Load.Roles;

/// <summary>A process of this program in another role, spoken to in lines.</summary>
sealed class ChildProcess : IAsyncDisposable
{
    readonly Process _process;
    readonly string _what;

    ChildProcess(Process process, string what) => (_process, _what) = (process, what);

    /// <summary>How much the measured processes step back; below 0: how much they push (that takes a privileged user).</summary>
    public static int Niceness { get; set; }

    public int Id => _process.Id;

    public static ChildProcess Start(params IReadOnlyList<string> arguments)
    {
        var host = Environment.ProcessPath!;
        var start = new ProcessStartInfo(Niceness == 0 ? host : "nice") { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Niceness != 0)
        {
            start.ArgumentList.Add($"--adjustment={Niceness.ToString(CultureInfo.InvariantCulture)}");
            start.ArgumentList.Add(host);
        }

        if (Path.GetFileNameWithoutExtension(host) == "dotnet")
            start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new ChildProcess(Process.Start(start)!, string.Join(' ', arguments));
    }

    public async Task<string> ReadAsync(string expected)
    {
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
        if (line is null)
        {
            await _process.WaitForExitAsync();
            throw new ChildFailedException($"'{_what}' ended with exit code {_process.ExitCode}");
        }

        return line.StartsWith(expected, StringComparison.Ordinal)
            ? line
            : throw new ChildFailedException($"'{_what}' said '{line}' where '{expected}' was expected");
    }

    public async Task<string> AskAsync(string line, string expected)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
        return await ReadAsync(expected);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}

/// <summary>A contestant's process did not do its part.</summary>
sealed class ChildFailedException(string message) : Exception(message);
