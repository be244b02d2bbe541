using ButlerRpc.Contracts.External;
using ButlerRpc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace ButlerRpc.Hosting.Tests;

sealed class HealthTests
{
    [Test]
    public async Task A_server_that_serves_is_healthy_and_says_how_busy_it_is()
    {
        using var host = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>().AddHealthChecks().Add(ButlerHealth.Server()));
        await using var client = await ButlerClient.ConnectAsync(host.Endpoint(), Patient.Client);

        var entry = await CheckAsync(host.Services, "butler-server");

        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That((entry.Data["state"], entry.Data["sessions"], entry.Data["callsInFlight"]), Is.EqualTo(("Serving", 1, 0L)));
    }

    [Test]
    public async Task A_server_that_has_not_started_is_unhealthy()
    {
        using var host = Hosts.Of(services => services.AddButlerServer(o => o.Listen("tcp://127.0.0.1:0")).AddHealthChecks().Add(ButlerHealth.Server()));

        var entry = await CheckAsync(host.Services, "butler-server");

        Assert.That((entry.Status, entry.Description), Is.EqualTo((HealthStatus.Unhealthy, "the server has not started")));
    }

    [Test]
    public async Task A_server_that_drains_is_unhealthy_and_so_is_one_that_has_stopped()
    {
        var numbers = new Numbers { Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) };
        using var host = await Hosts.ServeAsync(services =>
            services.AddSingleton(numbers).AddButlerService<Numbered>().AddHealthChecks().Add(ButlerHealth.Server()));
        await using var client = await ButlerClient.ConnectAsync(host.Endpoint(), Patient.Client);
        var call = client.Create<IEcho>().EchoAsync(new Text("a")).AsTask();
        await numbers.Arrived.Task;
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.Online[0].OnShutdown(() =>
        {
            told.SetResult();
            return Task.CompletedTask;
        });
        var stop = host.StopAsync();
        await told.Task;

        var drains = await CheckAsync(host.Services, "butler-server");
        numbers.Gate.SetResult();
        await call;
        await stop;
        var stopped = await CheckAsync(host.Services, "butler-server");

        Assert.That((drains.Status, drains.Description), Is.EqualTo((HealthStatus.Unhealthy, "the server drains: it takes no new calls")));
        Assert.That((stopped.Status, stopped.Description), Is.EqualTo((HealthStatus.Unhealthy, "the server has stopped")));
    }

    [Test]
    public async Task Its_name_tags_and_what_it_reports_can_be_chosen()
    {
        using var host = Hosts.Of(services => services
            .AddButlerServer(o => o.Listen("tcp://127.0.0.1:0"))
            .AddHealthChecks()
            .Add(ButlerHealth.Server("rpc", HealthStatus.Degraded, ["ready"])));

        var entry = await CheckAsync(host.Services, "rpc");

        Assert.That((entry.Status, entry.Tags.Single()), Is.EqualTo((HealthStatus.Degraded, "ready")));
    }

    [Test]
    public async Task A_client_dials_to_find_out_whether_it_is_healthy()
    {
        using var server = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>());
        await using var client = Container(services => services.AddButlerClient<IEcho>(server.Endpoint(), Hosts.Patiently).AddHealthChecks().Add(ButlerHealth.Client<IEcho>()));

        var entry = await CheckAsync(client, "butler-client:ButlerRpc.Contracts.External.IEcho");

        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Healthy), entry.Description);
        Assert.That(server.Server().SessionCount, Is.EqualTo(1));
    }

    [Test]
    public async Task A_client_is_unhealthy_when_its_server_is_gone()
    {
        var server = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>());
        await using var client = Container(services => services
            .AddButlerClient<IEcho>(server.Endpoint(), o => o.Options = Patient.OneAttempt)
            .AddHealthChecks()
            .Add(ButlerHealth.Client<IEcho>(name: "echo")));
        await client.GetRequiredService<IEcho>().EchoAsync(new Text("a"));
        await server.StopAsync();
        server.Dispose();

        var entry = await CheckAsync(client, "echo");

        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(((ButlerException)entry.Exception!).Status, Is.EqualTo(ButlerStatus.Unavailable));
    }

    [Test]
    public async Task A_keyed_client_has_a_check_of_its_own()
    {
        using var north = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>());
        using var south = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>());
        await using var client = Container(services => services
            .AddKeyedButlerClient<IEcho>("north", north.Endpoint(), Hosts.Patiently)
            .AddKeyedButlerClient<IEcho>("south", south.Endpoint(), Hosts.Patiently)
            .AddHealthChecks()
            .Add(ButlerHealth.Client<IEcho>("south")));

        var entry = await CheckAsync(client, "butler-client:ButlerRpc.Contracts.External.IEcho:south");

        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That((north.Server().SessionCount, south.Server().SessionCount), Is.EqualTo((0, 1)));
    }

    [Test]
    public async Task A_check_of_what_is_not_registered_says_what_to_add()
    {
        await using var empty = Container(services => services.AddHealthChecks().Add(ButlerHealth.Server()));
        await using var other = Container(services => services.AddHealthChecks().Add(ButlerHealth.Client<IEcho>(name: "echo")));

        Assert.That((await CheckAsync(empty, "butler-server")).Exception!.Message, Does.Contain("services.AddButlerServer"));
        Assert.That((await CheckAsync(other, "echo")).Exception!.Message, Does.Contain("ButlerRpc.Contracts.External.IEcho").And.Contain("services.AddButlerClient"));
    }

    static ServiceProvider Container(Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection().AddLogging();
        configure(services);
        return services.BuildServiceProvider();
    }

    static async Task<HealthReportEntry> CheckAsync(IServiceProvider provider, string name) =>
        (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries[name];
}
