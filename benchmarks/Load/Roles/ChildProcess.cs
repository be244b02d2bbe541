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

    /// <summary>Starts this program in another role.</summary>
    public static ChildProcess Start(params IReadOnlyList<string> arguments)
    {
        var host = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(host) == "dotnet"
            ? StartProgram(host, [typeof(ChildProcess).Assembly.Location, .. arguments])
            : StartProgram(host, arguments);
    }

    /// <summary>Starts another program that speaks the same way.</summary>
    public static ChildProcess StartProgram(string program, params IReadOnlyList<string> arguments)
    {
        string[] nice = Niceness == 0 ? [] : ["nice", $"--adjustment={Niceness.ToString(CultureInfo.InvariantCulture)}"];
        string[] command = [.. nice, program, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        return new ChildProcess(Process.Start(start)!, string.Join(' ', arguments.Select(a => Path.GetFileName(a))));
    }

    public async Task<string> ReadAsync(string expected)
    {
        string? line;
        try
        {
            line = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            throw new ChildFailedException($"'{_what}' said nothing for a minute where '{expected}' was expected");
        }

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
