using System.Globalization;

namespace ButlerRpc.Runtime.Tests.Client;

public class ClientOptionTests
{
    static readonly TimeSpan Zero = TimeSpan.Zero;

    static TestCaseData Refused(string option, object value, string range, Func<ButlerClientOptions, ButlerClientOptions> change) =>
        new TestCaseData(option, value, range, change).SetArgDisplayNames($"{option} = {Convert.ToString(value, CultureInfo.InvariantCulture)}");

    static IEnumerable<TestCaseData> OutOfRange()
    {
        yield return Refused("CallTimeout", Zero, "above 0", o => o with { CallTimeout = Zero });
        yield return Refused("SessionTimeout", Zero, "above 0", o => o with { SessionTimeout = Zero });
        yield return Refused("DialTimeout", TimeSpan.FromDays(2), "at most one day", o => o with { DialTimeout = TimeSpan.FromDays(2) });
        yield return Refused("ShortestBackoff", Zero, "above 0", o => o with { ShortestBackoff = Zero });
        yield return Refused("LongestBackoff", TimeSpan.FromMilliseconds(1), "at least ShortestBackoff", o => o with { LongestBackoff = TimeSpan.FromMilliseconds(1) });
        yield return Refused("HealthyAfter", -TimeSpan.FromSeconds(1), "0 to one day", o => o with { HealthyAfter = -TimeSpan.FromSeconds(1) });
        yield return Refused("RedialTimeout", Zero, "InfiniteTimeSpan", o => o with { RedialTimeout = Zero });
        yield return Refused("SessionsPerEndpoint", 0, "1 to 64", o => o with { SessionsPerEndpoint = 0 });
        yield return Refused("MaxSessionsPerEndpoint", 65, "1 to 64", o => o with { MaxSessionsPerEndpoint = 65 });
        yield return Refused("Routing", 9L, "0 to 2", o => o with { Routing = (ButlerRouting)9 });
        yield return Refused("RateMode", 9L, "0 to 1", o => o with { RateMode = (ButlerRateMode)9 });
        yield return Refused("EjectAfterTimeouts", 0, "1 to 1000", o => o with { EjectAfterTimeouts = 0 });
        yield return Refused("ProbeAfter", Zero, "above 0", o => o with { ProbeAfter = Zero });
        yield return Refused("DrainTimeout", -TimeSpan.FromSeconds(1), "0 to one day", o => o with { DrainTimeout = -TimeSpan.FromSeconds(1) });
        yield return Refused("NotExecutedMoves", 11, "0 to 10", o => o with { Retry = new ButlerRetryOptions { NotExecutedMoves = 11 } });
        yield return Refused("IdempotentRetries", -1, "0 to 10", o => o with { Retry = new ButlerRetryOptions { IdempotentRetries = -1 } });
        yield return Refused("Budget", 1.5, "0 to 1", o => o with { Retry = new ButlerRetryOptions { Budget = 1.5 } });
        yield return Refused("BudgetBurst", 0, "1 to 100000", o => o with { Retry = new ButlerRetryOptions { BudgetBurst = 0 } });
        yield return Refused("HedgeAfter", Zero, "above 0", o => o with { Retry = new ButlerRetryOptions { HedgeAfter = Zero } });
        yield return Refused("CallsInFlight", 0, "1 to 65535", o => o with { Limits = new ButlerLimits { CallsInFlight = 0 } });
    }

    [TestCaseSource(nameof(OutOfRange))]
    public void An_option_out_of_its_range_is_refused_by_name_value_and_range(
        string option, object value, string range, Func<ButlerClientOptions, ButlerClientOptions> change)
    {
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() => ButlerClient.Open("tcp://localhost:1", change(new ButlerClientOptions())))!;
        Assert.That(refused.ParamName, Is.EqualTo(option));
        Assert.That(refused.Message, Does.Contain("." + option + " must be").And.Contain(range));
        Assert.That(Convert.ToString(refused.ActualValue, CultureInfo.InvariantCulture), Is.EqualTo(Convert.ToString(value, CultureInfo.InvariantCulture)));
    }

    [Test]
    public void The_defaults_are_in_range() => Assert.DoesNotThrow(() => new ButlerClientOptions().Validate());
}
