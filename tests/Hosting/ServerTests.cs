using ButlerRpc.Calls;
using ButlerRpc.Contracts.External;
using ButlerRpc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Hosting.Tests;

sealed class ServerTests
{
    [Test]
    public async Task Every_contract_of_an_implementation_is_served_those_of_other_assemblies_too()
    {
        using var host = await Hosts.ServeAsync(services => services.AddButlerService<EchoAndShout>());
        await using var client = await ButlerClient.ConnectAsync(host.Endpoint(), Patient.Client);

        Assert.That((await client.Create<IEcho>().EchoAsync(new Text("a"))).Value, Is.EqualTo("a"));
        Assert.That((await client.Create<IShout>().ShoutAsync(new Text("a"))).Value, Is.EqualTo("A"));
        Assert.That(host.Server().Services.Services, Is.EquivalentTo(new[] { "ButlerRpc.Contracts.External.IEcho", "ButlerRpc.Hosting.Tests.IShout" }));
    }

    [Test]
    public async Task One_object_serves_all_calls_by_default()
    {
        using var host = await Hosts.ServeAsync(services => services.AddSingleton<Numbers>().AddButlerService<Numbered>());

        Assert.That(await CallTwiceAsync(host.Endpoint()), Is.EqualTo(new[] { "1", "1" }));
    }

    [Test]
    public async Task A_scoped_implementation_has_a_scope_per_call_which_ends_with_the_call()
    {
        using var host = await Hosts.ServeAsync(services => services.AddSingleton<Numbers>().AddScoped<Numbered>().AddButlerService<Numbered>());

        Assert.That(await CallTwiceAsync(host.Endpoint()), Is.EqualTo(new[] { "1", "2" }));
        var released = host.Services.GetRequiredService<Numbers>().Released;
        await released.WaitAsync();
        await released.WaitAsync();
    }

    [Test]
    public async Task A_scoped_implementation_may_be_registered_after_its_service()
    {
        using var host = await Hosts.ServeAsync(services => services.AddSingleton<Numbers>().AddButlerService<Numbered>().AddScoped<Numbered>());

        Assert.That(await CallTwiceAsync(host.Endpoint()), Is.EqualTo(new[] { "1", "2" }));
    }

    [Test]
    public async Task A_transient_implementation_has_a_scope_per_call_too()
    {
        using var host = await Hosts.ServeAsync(services => services.AddSingleton<Numbers>().AddTransient<Numbered>().AddButlerService<Numbered>());

        Assert.That(await CallTwiceAsync(host.Endpoint()), Is.EqualTo(new[] { "1", "2" }));
        await host.Services.GetRequiredService<Numbers>().Released.WaitAsync();
    }

    [Test]
    public async Task A_contract_can_be_served_by_what_is_registered_for_its_interface()
    {
        using var host = await Hosts.ServeAsync(services => services.AddSingleton<Numbers>().AddScoped<IEcho, Numbered>().AddButlerService<IEcho>());

        Assert.That(await CallTwiceAsync(host.Endpoint()), Is.EqualTo(new[] { "1", "2" }));
    }

    [Test]
    public async Task An_implementation_that_cannot_be_made_fails_its_call_and_releases_its_scope()
    {
        using var host = await Hosts.ServeAsync(services => services
            .AddSingleton<Numbers>()
            .AddScoped<Numbered>()
            .AddScoped<IEcho>(provider =>
            {
                provider.GetRequiredService<Numbered>();
                throw new InvalidOperationException("no database");
            })
            .AddButlerService<IEcho>());
        await using var client = await ButlerClient.ConnectAsync(host.Endpoint(), Patient.Client);

        var failure = await Assert.ThrowsAsync<ButlerException>(async () => await client.Create<IEcho>().EchoAsync(new Text("a")));

        Assert.That(failure!.Status, Is.EqualTo(ButlerStatus.Internal));
        Assert.That(failure.Certainty, Is.EqualTo(ButlerCertainty.NotExecuted));
        await host.Services.GetRequiredService<Numbers>().Released.WaitAsync();
    }

    [Test]
    public async Task Stopping_the_host_lets_a_call_in_flight_end()
    {
        var numbers = new Numbers { Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) };
        using var host = await Hosts.ServeAsync(services => services.AddSingleton(numbers).AddButlerService<Numbered>());
        await using var client = await ButlerClient.ConnectAsync(host.Endpoint(), Patient.Client);
        var call = client.Create<IEcho>().EchoAsync(new Text("a")).AsTask();
        await numbers.Arrived.Task;

        var stop = host.StopAsync();
        Assert.That(stop.IsCompleted, Is.False);
        numbers.Gate.SetResult();

        Assert.That((await call).Value, Is.EqualTo("1"));
        await stop;
    }

    [Test]
    public async Task A_host_that_may_wait_no_longer_cuts_a_call_off()
    {
        var numbers = new Numbers { Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) };
        using var host = await Hosts.ServeAsync(services => services.AddSingleton(numbers).AddButlerService<Numbered>());
        await using var client = await ButlerClient.ConnectAsync(host.Endpoint(), Patient.Client);
        var call = client.Create<IEcho>().EchoAsync(new Text("a")).AsTask();
        await numbers.Arrived.Task;

        await host.StopAsync(new CancellationToken(canceled: true));

        var failure = await Assert.ThrowsAsync<ButlerException>(() => call);
        Assert.That((failure!.Status, failure.Certainty), Is.EqualTo((ButlerStatus.Unavailable, ButlerCertainty.Unknown)));
    }

    [Test]
    public async Task It_logs_what_it_serves_and_where_and_that_it_drains_and_stops()
    {
        var log = new LogLines();
        using var host = await Hosts.ServeAsync(services => services.AddLogging(l => l.AddProvider(log)).AddButlerService<EchoAndShout>());
        var endpoint = host.Endpoint();

        await host.StopAsync();

        Assert.That(log.Lines, Has.Some.EqualTo($"Information: Serving ButlerRpc.Contracts.External.IEcho, ButlerRpc.Hosting.Tests.IShout on {endpoint}"));
        Assert.That(log.Lines.Where(l => l.Contains("Drain") || l.Contains("Stopped")).ToArray(), Is.EqualTo(
            new[] { "Information: Draining: no new calls are taken, those in flight may end", "Information: Stopped" }));
    }

    [Test]
    public async Task A_server_without_services_starts_with_a_warning()
    {
        var log = new LogLines();
        using var host = await Hosts.ServeAsync(services => services.AddLogging(l => l.AddProvider(log)));

        Assert.That(log.Lines, Has.Some.EqualTo($"Warning: The server on {host.Endpoint()} offers no service; add one with services.AddButlerService<T>()"));
    }

    [Test]
    public async Task What_stands_around_the_services_is_configured_with_the_container()
    {
        var seen = new List<string>();
        using var host = await Hosts.StartAsync(services => services
            .AddSingleton(seen)
            .AddButlerServer(o => o.Listen("tcp://127.0.0.1:0").Configure((table, provider) => table.Use(new Watching(provider.GetRequiredService<List<string>>()))))
            .AddButlerServer(o => o.Configure((table, _) => table.MapException<FormatException>(ButlerStatus.OutOfRange).Handle(77, (_, body, _) => new(body))))
            .AddButlerService<EchoAndShout>());

        await using var client = await ButlerClient.ConnectAsync(host.Endpoint(), Patient.Client);
        await client.Create<IEcho>().EchoAsync(new Text("a"));

        Assert.That(seen, Is.EqualTo(new[] { "ButlerRpc.Contracts.External.IEcho.EchoAsync" }));
        Assert.That(await client.CallAsync(77, new byte[] { 1 }), Is.EqualTo(new byte[] { 1 }));
    }

    sealed class Watching(List<string> seen) : ServerInterceptor
    {
        public override ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
            Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
        {
            seen.Add(method.FullName);
            return next(request, context);
        }
    }

    [Test]
    public async Task Several_configurations_add_up_to_one_server()
    {
        using var host = await Hosts.StartAsync(services => services
            .AddButlerServer(o => o.Listen("tcp://127.0.0.1:0"))
            .AddButlerServer(o => o.Listen("tcp://127.0.0.1:0"))
            .AddButlerService<EchoAndShout>());

        Assert.That(host.Server().Endpoints, Has.Count.EqualTo(2));
        foreach (var endpoint in host.Server().Endpoints)
        {
            await using var client = await ButlerClient.ConnectAsync($"{endpoint}", Patient.Client);
            Assert.That((await client.Create<IEcho>().EchoAsync(new Text("a"))).Value, Is.EqualTo("a"));
        }
    }

    static async Task<string[]> CallTwiceAsync(string endpoint)
    {
        await using var client = await ButlerClient.ConnectAsync(endpoint, Patient.Client);
        var echo = client.Create<IEcho>();
        return [(await echo.EchoAsync(new Text("a"))).Value, (await echo.EchoAsync(new Text("b"))).Value];
    }
}
