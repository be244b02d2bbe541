using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ButlerRpc.Soak.Site;

/// <summary>
/// A process of the run: this program in another role. It prints its endpoints, then what it finds wrong; a line of input asks it how it is, and the end of input to leave.
/// </summary>
sealed partial class Child
{
    const int Sigcont = 18;
    const int Sigstop = 19;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    readonly Process _process;
    readonly StreamWriter _log;
    readonly Findings _findings;
    readonly Task _read;
    readonly TaskCompletionSource<string[]> _endpoints = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TaskCompletionSource<string>? _report;
    bool _isExpectedToEnd;

    Child(string name, Process process, Findings findings, string folder)
    {
        (Name, _process, _findings) = (name, process, findings);
        _log = new StreamWriter(Path.Combine(folder, $"{name}.log"), append: true) { AutoFlush = true };
        _read = Task.WhenAll(ReadAsync(process.StandardOutput, OnLine), ReadAsync(process.StandardError, _log.WriteLine));
    }

    public string Name { get; }

    public IReadOnlyList<string> Endpoints => _endpoints.Task.Result;

    public bool HasEnded => _process.HasExited;

    public static async Task<Child> StartAsync(string name, Findings findings, string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [typeof(Child).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var child = new Child(name, Process.Start(start)!, findings, folder);
        await child._endpoints.Task.WaitAsync(Patience);
        return child;
    }

    /// <summary>What it counts.</summary>
    public async Task<Dictionary<string, long>> ReportAsync()
    {
        _report = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _process.StandardInput.WriteLineAsync("report");
        var line = await _report.Task.WaitAsync(Patience);
        return line.Split(' ').Select(p => p.Split('=')).ToDictionary(p => p[0], p => long.Parse(p[1], CultureInfo.InvariantCulture));
    }

    /// <summary>It drains and leaves.</summary>
    public async Task DrainAsync()
    {
        _isExpectedToEnd = true;
        _process.StandardInput.Close();
        await GoneAsync();
        if (_process.ExitCode != 0)
            _findings.Add($"{Name}", "it leaves with exit code 0", $"exit code {_process.ExitCode}; see its log");
    }

    /// <summary>Nothing in it gets to run any more.</summary>
    public async Task KillAsync()
    {
        _isExpectedToEnd = true;
        _process.Kill();
        await GoneAsync();
    }

    /// <summary>It stands still for a while.</summary>
    public async Task PauseAsync(TimeSpan time)
    {
        Signal(Sigstop);
        await Task.Delay(time);
        Signal(Sigcont);
    }

    async Task GoneAsync()
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            _findings.Add($"{Name}", "it leaves when it is told to", $"it is still there after {Patience}");
            _process.Kill();
        }

        await _read;
        await _log.DisposeAsync();
    }

    void OnLine(string line)
    {
        if (line.StartsWith("report ", StringComparison.Ordinal))
            _report?.TrySetResult(line["report ".Length..]);
        else if (Finding.TryParse(line) is { } finding)
            _findings.Add(finding with { Where = $"{Name}: {finding.Where}" });
        else if (!_endpoints.TrySetResult(line.Split(',')))
            _log.WriteLine(line);
    }

    async Task ReadAsync(StreamReader from, Action<string> take)
    {
        while (await from.ReadLineAsync() is { } line)
            take(line);
        _endpoints.TrySetException(new InvalidOperationException($"{Name} has ended before it was ready; see its log"));
        if (!_isExpectedToEnd)
            _findings.Add($"{Name}", "it runs until it is told to leave", "it has ended; see its log");
        _isExpectedToEnd = true;
    }

    void Signal(int signal)
    {
        if (kill(_process.Id, signal) != 0)
            throw new InvalidOperationException($"{Name} cannot be sent signal {signal}: error {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
