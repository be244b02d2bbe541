using System.Diagnostics;
using System.Globalization;
using ButlerRpc.Runtime.Tests.Support;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>
/// A unary call with a payload that is a struct allocates nothing on either side, measured in a process for each, after a warm-up, over loopback with default
/// settings. Below half a byte per call: what a timer or a thread allocates in the meantime is not the calls'.
/// </summary>
public class AllocationTests
{
    const int Calls = 204_800;
    const int Callers = 64;
    const int WarmUps = 2;
    const int Windows = 3;
    static readonly TimeSpan Guard = TimeSpan.FromSeconds(100);

    [Test]
    public async Task Unary_call_allocates_nothing_on_either_side()
    {
        using var server = new Side("server");
        var endpoint = await server.ReadAsync();
        using var client = new Side("client", endpoint, $"{Calls}", $"{Callers}");
        Assert.That(await client.ReadAsync(), Is.EqualTo("ready"));
        for (var i = 0; i < WarmUps; i++)
            await client.AskAsync();
        var atServer = double.MaxValue;
        var atClient = double.MaxValue;
        for (var i = 0; i < Windows; i++)
        {
            var before = await server.AskAsync();
            atClient = Math.Min(atClient, await client.AskAsync() / (double)Calls);
            atServer = Math.Min(atServer, (await server.AskAsync() - before) / (double)Calls);
        }

        await TestContext.Out.WriteLineAsync($"bytes per call: client {atClient:0.000}, server {atServer:0.000}");
        Assert.That(atClient, Is.LessThan(0.5), "client, bytes per call");
        Assert.That(atServer, Is.LessThan(0.5), "server, bytes per call");
    }

    /// <summary>One process of the measurement.</summary>
    sealed class Side : IDisposable
    {
        readonly Process _process;

        public Side(params string[] arguments)
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

        public async Task<long> AskAsync()
        {
            await _process.StandardInput.WriteLineAsync("go");
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
}
