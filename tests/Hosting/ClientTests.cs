using ButlerRpc.Contracts.External;
using ButlerRpc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace ButlerRpc.Hosting.Tests;

sealed class ClientTests
{
    [Test]
    public async Task An_injected_service_calls_its_server()
    {
        using var server = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>());
        await using var client = new ServiceCollection().AddButlerClient<IEcho>(server.Endpoint(), Hosts.Patiently).AddSingleton<Caller>().BuildServiceProvider();

        Assert.That(await client.GetRequiredService<Caller>().CallAsync("a"), Is.EqualTo("a"));
    }

    [Test]
    public async Task Services_of_one_endpoint_share_a_session()
    {
        using var server = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>());
        await using var client = new ServiceCollection()
            .AddButlerClient<IEcho>(server.Endpoint(), Hosts.Patiently)
            .AddButlerClient<IShout>(server.Endpoint(), Hosts.Patiently)
            .BuildServiceProvider();

        await client.GetRequiredService<IEcho>().EchoAsync(new Text("a"));
        await client.GetRequiredService<IShout>().ShoutAsync(new Text("a"));

        Assert.That(server.Server().SessionCount, Is.EqualTo(1));
    }

    [Test]
    public async Task Services_of_one_endpoint_with_different_options_share_nothing()
    {
        using var server = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>());
        await using var client = new ServiceCollection()
            .AddButlerClient<IEcho>(server.Endpoint(), Hosts.Patiently)
            .AddButlerClient<IShout>(server.Endpoint(), o => o.Options = Patient.Client with { CallTimeout = TimeSpan.FromMinutes(1) })
            .BuildServiceProvider();

        await client.GetRequiredService<IEcho>().EchoAsync(new Text("a"));
        await client.GetRequiredService<IShout>().ShoutAsync(new Text("a"));

        Assert.That(server.Server().SessionCount, Is.EqualTo(2));
    }

    [Test]
    public async Task Keyed_clients_call_their_own_servers()
    {
        using var north = await Hosts.ServeAsync(services => services.AddSingleton<Numbers>().AddButlerService<Numbered>());
        using var south = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>());
        await using var client = new ServiceCollection()
            .AddKeyedButlerClient<IEcho>("north", north.Endpoint(), Hosts.Patiently)
            .AddKeyedButlerClient<IEcho>("south", south.Endpoint(), Hosts.Patiently)
            .BuildServiceProvider();

        Assert.That((await client.GetRequiredKeyedService<IEcho>("north").EchoAsync(new Text("a"))).Value, Is.EqualTo("1"));
        Assert.That((await client.GetRequiredKeyedService<IEcho>("south").EchoAsync(new Text("a"))).Value, Is.EqualTo("a"));
    }

    [Test]
    public async Task Nothing_is_dialled_before_the_first_call()
    {
        using var server = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>());
        using var client = await Hosts.StartAsync(services => services.AddButlerClient<IEcho>(server.Endpoint(), Hosts.Patiently));
        var echo = client.Services.GetRequiredService<IEcho>();

        Assert.That(server.Server().SessionCount, Is.Zero);
        await echo.EchoAsync(new Text("a"));
        Assert.That(server.Server().SessionCount, Is.EqualTo(1));
    }

    [Test]
    public async Task Clients_end_with_their_container([Values] bool async)
    {
        using var server = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>());
        var container = new ServiceCollection().AddButlerClient<IEcho>(server.Endpoint(), Hosts.Patiently).BuildServiceProvider();
        var echo = container.GetRequiredService<IEcho>();
        await echo.EchoAsync(new Text("a"));

        if (async)
            await container.DisposeAsync();
        else
            container.Dispose();

        var failure = await Assert.ThrowsAsync<ButlerException>(async () => await echo.EchoAsync(new Text("a")));
        Assert.That((failure!.Status, failure.Reason, failure.Certainty), Is.EqualTo((ButlerStatus.Unavailable, ButlerReason.Stopped, ButlerCertainty.NotExecuted)));
    }

    sealed class Caller(IEcho echo)
    {
        public async Task<string> CallAsync(string text) => (await echo.EchoAsync(new Text(text))).Value;
    }
}
