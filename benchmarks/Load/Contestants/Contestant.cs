using System.Globalization;
using ButlerRpc.Benchmarks.Load.Roles;

namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>One way of making calls. Its server and its client run in processes of their own, which speak as <see cref="ServerRole"/> and <see cref="ClientRole"/> do.</summary>
abstract class Contestant
{
    /// <summary>All there are, the floor first.</summary>
    public static readonly IReadOnlyList<Contestant> All =
    [
        new FloorContestant(), ButlerContestant.Native, ButlerContestant.Inline, ButlerContestant.Iproto, new BrokerContestant(), new RabbitMqContestant(), new AspNetContestant(),
        new GrpcCppContestant(), RedisContestant.Echo, RedisContestant.Get,
    ];

    /// <summary>Its name on command lines and in files.</summary>
    public abstract string Name { get; }

    /// <summary>What it is and how it is set up, in one line.</summary>
    public abstract string Configuration { get; }

    /// <summary>Why it cannot run on this machine, and what to do about it; null: it can.</summary>
    public virtual string? Missing => null;

    /// <summary>False for rows it has no form of.</summary>
    public virtual bool Runs(Workload workload) => workload.Kind is WorkloadKind.Unary or WorkloadKind.Bulk;

    public abstract ChildProcess StartServer(Workload workload);

    public abstract ChildProcess StartClient(Workload workload, int port);

    public static Contestant Of(string name) =>
        All.FirstOrDefault(c => c.Name == name) ?? throw new FormatException($"there is no contestant '{name}'; there are: {string.Join(", ", All.Select(c => c.Name))}");
}

/// <summary>A contestant whose two processes are this program.</summary>
abstract class DotNetContestant : Contestant
{
    /// <summary>Starts the server; in the server's process.</summary>
    public abstract Task<LoadServer> ServeAsync(Workload workload);

    /// <summary>Connects; in the client's process.</summary>
    public abstract Task<LoadClient> ConnectAsync(Workload workload, int port);

    public sealed override ChildProcess StartServer(Workload workload) => ChildProcess.Start("server", Name, workload.Id);

    public sealed override ChildProcess StartClient(Workload workload, int port) =>
        ChildProcess.Start("client", Name, workload.Id, port.ToString(CultureInfo.InvariantCulture));

    public static new DotNetContestant Of(string name) => (DotNetContestant)Contestant.Of(name);
}

/// <summary>A running server.</summary>
sealed class LoadServer(int port, IAsyncDisposable running) : IAsyncDisposable
{
    public int Port => port;

    public ValueTask DisposeAsync() => running.DisposeAsync();
}

/// <summary>A connected client.</summary>
abstract class LoadClient : IAsyncDisposable
{
    /// <summary>Makes calls until the meter says stop.</summary>
    public abstract Task RunAsync(Meter meter);

    public abstract ValueTask DisposeAsync();
}
