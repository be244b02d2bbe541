using ButlerRpc.Contracts.External;
using Microsoft.Extensions.DependencyInjection;

namespace ButlerRpc.Hosting.Tests;

sealed class StartErrorTests
{
    [Test]
    public void A_type_without_a_contract_is_refused_where_it_is_registered()
    {
#pragma warning disable BRPC2002 // The analyzer stops this mistake where it sees the type; this is for where it does not.
        var failure = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddButlerService<Numbers>());
#pragma warning restore BRPC2002

        Assert.That(failure!.Message, Is.EqualTo(
            "BRPC: ButlerRpc.Hosting.Tests.Numbers implements no contract, so there is nothing to serve; " +
            "let it implement an interface that is marked [ButlerService] and is partial"));
    }

    [Test]
    public async Task A_server_without_an_endpoint_says_how_to_give_it_one()
    {
        using var host = Hosts.Of(services => services.AddButlerService<EchoAndShout>());

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.That(failure!.Message, Does.Contain("no endpoint").And.Contain("services.AddButlerServer(o => o.Listen("));
    }

    [Test]
    public async Task A_contract_that_nothing_is_registered_for_says_what_to_register()
    {
        using var host = Hosts.Of(services => services.AddButlerServer(o => o.Listen("tcp://127.0.0.1:0")).AddButlerService<IEcho>());

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.That(failure!.Message, Does.Contain("nothing is registered as ButlerRpc.Contracts.External.IEcho").And.Contain("services.AddSingleton<IEcho, …>()"));
    }

    [Test]
    public async Task A_malformed_endpoint_names_the_accepted_forms()
    {
        using var host = Hosts.Of(services => services.AddButlerServer(o => o.Listen("localhost")).AddButlerService<EchoAndShout>());

        var failure = await Assert.ThrowsAsync<ArgumentException>(() => host.StartAsync());

        Assert.That(failure!.Message, Does.Contain("'localhost' is not an endpoint").And.Contain("tcp://host:port"));
    }

    [Test]
    public async Task An_endpoint_that_is_taken_is_named()
    {
        using var first = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>());
        var taken = first.Endpoint();
        using var second = Hosts.Of(services => services.AddButlerServer(o => o.Listen(taken)).AddButlerService<EchoAndShout>());

        var failure = await Assert.ThrowsAsync<IOException>(() => second.StartAsync());

        Assert.That(failure!.Message, Does.Contain(taken));
    }

    [Test]
    public async Task An_option_out_of_range_is_named_with_its_value_and_its_range()
    {
        using var host = Hosts.Of(services => services.AddButlerServer(o =>
        {
            o.Listen("tcp://127.0.0.1:0");
            o.Options = o.Options with { MaxConnections = 0 };
        }));

        var failure = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => host.StartAsync());

        Assert.That(failure!.Message, Does.Contain("ButlerServerOptions.MaxConnections must be 1 to 1000000").And.Contain("Actual value was 0"));
    }

    [Test]
    public void The_server_is_not_there_before_its_host_has_started()
    {
        using var host = Hosts.Of(services => services.AddButlerServer(o => o.Listen("tcp://127.0.0.1:0")));

        Assert.That(() => host.Server(), Throws.InvalidOperationException.With.Message.Contains("host.StartAsync"));
    }

    [Test]
    public async Task A_client_whose_options_are_out_of_range_fails_the_start_of_its_host()
    {
        using var host = Hosts.Of(services => services.AddButlerClient<IEcho>("tcp://127.0.0.1:1", o => o.Options = o.Options with { CallTimeout = TimeSpan.Zero }));

        var failure = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => host.StartAsync());

        Assert.That(failure!.Message, Does.Contain("ButlerClientOptions.CallTimeout must be above 0").And.Contain("Actual value was 00:00:00"));
    }

    [Test]
    public void A_malformed_endpoint_of_a_client_is_refused_where_it_stands()
    {
        Assert.That(
            () => new ServiceCollection().AddButlerClient<IEcho>("orders:9000"),
            Throws.ArgumentException.With.Message.Contains("'orders:9000' is not an endpoint"));
    }
}
