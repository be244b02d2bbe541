using System.Text;
using System.Text.RegularExpressions;
using ButlerRpc.Runtime.Tests.Transport;
using Pricing.Contracts;

namespace ButlerRpc.Samples.Tests;

/// <summary>The broker as a program, with its settings on the command line and in the environment.</summary>
sealed partial class BrokerProgramTests
{
    const string Channel = "6f1c0f5e-3b1d-4a39-9d7e-0d8a4e0f6b11";

    readonly Authority _authority = new();
    SampleProcess? _broker;
    string _endpoint = "";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var issued = _authority.Issue("localhost");
        _broker = SampleProcess.StartByScript(
            "sh", "BROKER_TOKEN=open-sesame exec \"$@\"", "Pricing.Broker", "--port", "0", "--certificate", issued.Certificate, "--key", issued.Key, "--queued-calls", "1", "--stop-with-input", "true");
        var port = Port().Match(await _broker.LineAsync("ready on")).Groups[1].Value;
        _endpoint = $"tls://127.0.0.1:{port}?channel={Channel}&authorities={_authority.Path}&name=localhost";
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _broker!.CloseInput();
        Assert.That((await _broker.ResultAsync()).ExitCode, Is.Zero);
        _broker.Dispose();
        _authority.Dispose();
    }

    [Test]
    public async Task Token_that_is_right_is_let_in_over_TLS_and_hears_that_nobody_serves_the_channel()
    {
        await using var consumer = await ConnectAsync("open-sesame");
        var failure = await FailureOfAsync(consumer.Create<IPricing>());
        Assert.That((failure.Status, failure.Certainty, failure.Reason), Is.EqualTo((ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoProvider)), failure.Message);
    }

    [TestCase("open-says-me")]
    [TestCase(null)]
    public async Task Token_that_is_wrong_or_missing_is_not(string? token)
    {
        var failure = await Assert.ThrowsAsync<ButlerException>(() => ConnectAsync(token));
        Assert.That((failure!.Status, failure.Certainty, failure.Reason), Is.EqualTo((ButlerStatus.Unauthenticated, ButlerCertainty.NotExecuted, ButlerReason.Unauthenticated)), failure.Message);
    }

    [Test]
    public async Task Limit_that_is_set_holds()
    {
        await using var consumer = await ConnectAsync("open-sesame", o => o with { ProviderWait = TimeSpan.FromSeconds(30), Client = o.Client with { DrainTimeout = TimeSpan.Zero } });
        var pricing = consumer.Create<IPricing>();
        Task<ButlerException>[] calls = [FailureOfAsync(pricing), FailureOfAsync(pricing)];
        var failure = await await Task.WhenAny(calls);
        Assert.That((failure.Status, failure.Certainty, failure.Reason), Is.EqualTo((ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.QueueFull)), failure.Message);
    }

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    Task<BrokerConsumer> ConnectAsync(string? token, Func<BrokerConnectionOptions, BrokerConnectionOptions>? configure = null)
    {
        var options = new BrokerConnectionOptions();
        // However long a busy machine takes for a handshake.
        options = options with { Client = options.Client with { DialTimeout = Patience, SessionTimeout = Patience, CallTimeout = Patience } };
        if (token is not null)
            options = options with { Client = options.Client with { Token = _ => new(Encoding.UTF8.GetBytes(token)) } };
        return BrokerConsumer.ConnectAsync(_endpoint, configure?.Invoke(options) ?? options);
    }

    static async Task<ButlerException> FailureOfAsync(IPricing pricing)
    {
        try
        {
            return new ButlerException(ButlerStatus.Ok, $"answered: {await pricing.QuoteAsync(new Basket(1, []))}");
        }
        catch (ButlerException e)
        {
            return e;
        }
    }

    [GeneratedRegex(@"tls://[^:]+:(\d+)")]
    private static partial Regex Port();
}
