using System.Globalization;
using ButlerRpc.Soak;
using ButlerRpc.Soak.Calls;
using ButlerRpc.Soak.Served;

// Makes calls of all kinds at random, between real processes whose connections break and which are restarted, killed and stopped at random, and compares what callers
// are told with what has run. See Settings.Usage, and tests/Soak/run.sh.
var findings = new Findings(f => Console.WriteLine(f.ToLine()));
switch (args)
{
    case ["serve", var journal, var endpoints]:
        findings.WatchExceptions();
        await Roles.ServeAsync(journal, endpoints);
        return 0;
    case ["broker", var endpoints]:
        findings.WatchExceptions();
        await Roles.BrokerAsync(endpoints);
        return 0;
    case ["provide", var journal, var endpoints]:
        findings.WatchExceptions();
        await Roles.ProvideAsync(journal, endpoints);
        return 0;
    case ["guest", var journal, var endpoints, var seed, var first, var count]:
        findings.WatchExceptions();
        var ids = new IdRange(long.Parse(first, CultureInfo.InvariantCulture), long.Parse(count, CultureInfo.InvariantCulture));
        await Roles.VisitAsync(journal, endpoints, int.Parse(seed, CultureInfo.InvariantCulture), ids, findings);
        return 0;
}

Settings settings;
try
{
    settings = Settings.Parse(args);
}
catch (Exception e) when (e is ArgumentException or FormatException)
{
    Console.Error.WriteLine($"{e.Message}\n{Settings.Usage}");
    return 2;
}

return await Soak.RunAsync(settings);
