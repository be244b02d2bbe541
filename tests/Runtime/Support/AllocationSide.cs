using System.Diagnostics;
using System.Globalization;

namespace ButlerRpc.Runtime.Tests.Support;

/// <summary>One process of a measurement of what calls allocate.</summary>
sealed class AllocationSide : IDisposable
{
    static readonly TimeSpan Guard = TimeSpan.FromSeconds(100);
    readonly Process _process;

    public AllocationSide(params string[] arguments)
    {
        // The same configuration as this assembly: bin/<configuration>/<framework>.
        var framework = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var configuration = Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)))!;
        var program = Repository.Path("tests", "Allocations", "bin", configuration, framework, "ButlerRpc.Allocations.dll");
        _process = Process.Start(new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
            [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    public async Task<string> ReadAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Guard) ?? throw new InvalidOperationException("the process has ended");

    public async Task<long> AskAsync(string line = "go")
    {
        await _process.StandardInput.WriteLineAsync(line);
        return long.Parse(await ReadAsync(), CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Guard))
            _process.Kill();
        _process.Dispose();
    }
}
