using System.Globalization;
using ButlerRpc.Benchmarks.Load;
using ButlerRpc.Benchmarks.Load.Contestants;
using ButlerRpc.Benchmarks.Load.Pump;
using ButlerRpc.Benchmarks.Load.Roles;

try
{
    return args switch
    {
        ["server", var contestant, var row] => await ServerRole.RunAsync(contestant, row),
        ["client", var contestant, var row, var port] => await ClientRole.RunAsync(contestant, row, Number(port)),
        ["redis-server", _] => await RedisRole.ServeAsync(),
        ["redis-client", var command, var row, var port] => RedisRole.Call(command, Workload.Parse(row), port),
        ["idle-server", var sessions, var pings] => await IdleRole.ServeAsync(Number(sessions), pings == "pings"),
        ["idle-client", var port, var sessions, var pings] => await IdleRole.CallAsync(Number(port), Number(sessions), pings == "pings"),
        ["provider", var endpoint] => await BrokerContestant.ProvideAsync(endpoint),
        ["rabbitmq-provider", var endpoint] => await RabbitMqContestant.ProvideAsync(endpoint),
        ["pump", ..] => PumpRole.Run(args is [_, var callers, ..] ? Number(callers) : 64, args.Contains("inline"), args.Contains("iproto")),
        _ when args.Contains("--help") => Help(),
        _ => await new Coordinator(Plan.Parse(args)).RunAsync(),
    };
}
catch (Exception e) when (args is ["server" or "client" or "provider" or "rabbitmq-provider" or "redis-server" or "redis-client" or "idle-server" or "idle-client", ..])
{
    Console.Error.WriteLine(e); // the coordinator says which contestant's process this was
    return 1;
}
catch (FormatException e)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(Plan.Usage);
    return 2;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static int Help()
{
    Console.WriteLine(Plan.Usage);
    return 0;
}
