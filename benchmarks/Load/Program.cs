using System.Globalization;
using ButlerRpc.Benchmarks.Load.Contestants;
using ButlerRpc.Benchmarks.Load.Pump;
using ButlerRpc.Benchmarks.Load.Roles;

try
{
    return args switch
    {
        ["server", var contestant, var row] => await ServerRole.RunAsync(contestant, row),
        ["client", var contestant, var row, var port] => await ClientRole.RunAsync(contestant, row, int.Parse(port, CultureInfo.InvariantCulture)),
        ["provider", var endpoint] => await BrokerContestant.ProvideAsync(endpoint),
        ["pump", ..] => PumpRole.Run(args is [_, var callers, ..] ? int.Parse(callers, CultureInfo.InvariantCulture) : 64, args.Contains("inline"), args.Contains("iproto")),
        _ when args.Contains("--help") => Help(),
        _ => await new Coordinator(Plan.Parse(args)).RunAsync(),
    };
}
catch (Exception e) when (args is ["server" or "client" or "provider", ..])
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

static int Help()
{
    Console.WriteLine(Plan.Usage);
    return 0;
}
