using System.Diagnostics;
using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Restarts;

/// <summary>A server in a process of its own (tests/Restarts), killed with the test should it still run.</summary>
sealed class ServerProcess : IDisposable
{
    static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    readonly Process _process;

    ServerProcess(Process process) => _process = process;

    public string Endpoint { get; private set; } = "";

    /// <summary>Starts it, and returns when it listens.</summary>
    public static async Task<ServerProcess> StartAsync(string endpoint)
    {
        var framework = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var configuration = Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)))!;
        var program = Repository.Path("tests", "Restarts", "bin", configuration, framework, "ButlerRpc.Restarts.dll");
        var host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        var server = new ServerProcess(Process.Start(new ProcessStartInfo(host, [program, endpoint]) { RedirectStandardInput = true, RedirectStandardOutput = true })!);
        server.Endpoint = await server.ReadAsync();
        return server;
    }

    /// <summary>Ends when a session has been opened.</summary>
    public async Task ConnectedAsync() => Assert.That(await ReadAsync(), Is.EqualTo("session"));

    /// <summary>Lets all calls go that it holds back, and holds none back any more.</summary>
    public Task ReleaseAsync() => _process.StandardInput.WriteLineAsync("release");

    /// <summary>Tells it to go: it drains, and is gone when this returns.</summary>
    public async Task DrainAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Guard);
        Assert.That(_process.ExitCode, Is.Zero);
    }

    /// <summary>Ends it as a crash does (SIGKILL): nothing in it gets to run.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Guard);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    async Task<string> ReadAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Guard) ?? throw new InvalidOperationException("the server has ended");
}
