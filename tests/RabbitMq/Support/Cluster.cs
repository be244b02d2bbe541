using System.Diagnostics;

namespace ButlerRpc.RabbitMq.Tests.Support;

/// <summary>
/// Three nodes of RabbitMQ on this machine, for all tests of the project. Started by whoever is first, or before the tests by whoever says so in BUTLER_RABBITMQ, the folder that
/// <c>cluster.sh start</c> was given. Where there is no server the tests are skipped; where CI is set they fail.
/// </summary>
sealed class Cluster
{
    const string Server = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    static readonly Lazy<Task<Cluster>> s_shared = new(StartAsync);
    string _folder = "";
    bool _isOurs;
    string[] _nodes = [];

    /// <summary>Each node, without a channel.</summary>
    public IReadOnlyList<string> Nodes => _nodes;

    public static async Task<Cluster> GetAsync()
    {
        if (Environment.GetEnvironmentVariable("BUTLER_RABBITMQ") is null && !File.Exists(Server))
        {
            const string Missing = $"RabbitMQ is missing: there is no {Server} (Debian's package rabbitmq-server)";
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
                Assert.Fail(Missing);
            Assert.Ignore(Missing);
        }

        return await s_shared.Value;
    }

    /// <summary>The endpoint of a channel, on any node.</summary>
    public string Of(Guid channel) => string.Join(',', _nodes.Select(n => $"{n}/?channel={channel}"));

    /// <summary>The endpoint of a channel, on one node.</summary>
    public string Of(Guid channel, int node) => $"{_nodes[node]}/?channel={channel}";

    /// <summary>Ends a node as a power cut would.</summary>
    public void Kill(int node)
    {
        using var process = Process.GetProcessById(int.Parse(File.ReadAllText(Path.Combine(_folder, $"node{node + 1}.pid"))));
        process.Kill();
    }

    static async Task<Cluster> StartAsync()
    {
        var given = Environment.GetEnvironmentVariable("BUTLER_RABBITMQ");
        var cluster = new Cluster { _folder = given ?? Directory.CreateTempSubdirectory("butler-rabbitmq-").FullName, _isOurs = given is null };
        if (cluster._isOurs)
            await cluster.RunAsync("start");
        cluster._nodes = await File.ReadAllLinesAsync(Path.Combine(cluster._folder, "endpoints"));
        return cluster;
    }

    /// <summary>Has a node evaluate Erlang.</summary>
    public Task EvaluateAsync(string expression) => RunAsync("eval", expression);

    async Task RunAsync(string action, params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(TestContext.CurrentContext.TestDirectory, "cluster.sh"), action, _folder, .. arguments]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"the RabbitMQ cluster did not {action}: {errors}");
    }

    /// <summary>Ends what was started here.</summary>
    public static async Task StopAsync()
    {
        if (!s_shared.IsValueCreated || await s_shared.Value is not { _isOurs: true } cluster)
            return;
        await cluster.RunAsync("stop");
        Directory.Delete(cluster._folder, recursive: true);
    }
}
