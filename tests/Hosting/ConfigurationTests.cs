using System.Reflection;
using ButlerRpc.Contracts.External;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ButlerRpc.Hosting.Tests;

sealed class ConfigurationTests
{
    [Test]
    public async Task Server_and_client_take_endpoints_and_options_from_configuration()
    {
        var server = Section("Server", ("Listen", "tcp://127.0.0.1:0"), ("DrainTimeout", "00:00:07"), ("Limits:CallsInFlight", "17"));
        using var host = await Hosts.StartAsync(services => services.AddButlerServer(server).AddButlerService<EchoAndShout>());
        var client = Section("Client", ("Connect", host.Endpoint()), ("CallTimeout", "00:01:00"));
        await using var container = new ServiceCollection().AddButlerClient<IEcho>(client).BuildServiceProvider();

        Assert.That((await container.GetRequiredService<IEcho>().EchoAsync(new Text("a"))).Value, Is.EqualTo("a"));
        var options = host.Services.GetRequiredService<IOptions<ButlerServerSetup>>().Value.Options;
        Assert.That((options.DrainTimeout, options.Limits.CallsInFlight), Is.EqualTo((TimeSpan.FromSeconds(7), 17)));
        Assert.That(options.MaxConnections, Is.EqualTo(new ButlerServerOptions().MaxConnections), "what is not configured keeps its default");
    }

    [Test]
    public void Everything_that_is_wrong_in_a_section_is_said_at_once()
    {
        var section = Section(
            "Orders", ("Listen", "nowhere"), ("MaxConections", "5"), ("DrainTimeout", "soon"), ("IncludeExceptionDetails", "maybe"), ("Limits:CallsInFlight", "many"));

        var failure = Assert.Throws<OptionsValidationException>(() => new ButlerServerSetup().Bind(section));

        Assert.That(failure!.Failures, Has.Exactly(5).Items);
        Assert.That(failure.Failures, Has.One.StartsWith("Orders:Listen: 'nowhere' is not an endpoint"));
        Assert.That(failure.Failures, Has.One.EqualTo(
            "Orders:MaxConections is not an option; there are Listen, MaxConnections, MaxConnectionsPerAddress, MaxOpeningPerAddress, DrainTimeout, IncludeExceptionDetails, Limits, Iproto"));
        Assert.That(failure.Failures, Has.One.EqualTo("Orders:DrainTimeout is 'soon', which is not a time of the form hh:mm:ss, or infinite"));
        Assert.That(failure.Failures, Has.One.EqualTo("Orders:IncludeExceptionDetails is 'maybe', which is not true or false"));
        Assert.That(failure.Failures, Has.One.EqualTo("Orders:Limits:CallsInFlight is 'many', which is not a whole number"));
    }

    [Test]
    public void A_choice_that_does_not_exist_names_those_that_do([Values("Fastest", "1", "")] string choice)
    {
        var failure = Assert.Throws<OptionsValidationException>(() => new ButlerClientSetup().Bind(Section("Orders", ("RateMode", choice))));

        Assert.That(failure!.Failures, Is.EqualTo(new[] { $"Orders:RateMode is '{choice}', which is not one of Police, Shape" }));
    }

    [Test]
    public void A_time_may_be_infinite()
    {
        var setup = new ButlerClientSetup().Bind(Section("Orders", ("CallTimeout", "Infinite")));

        Assert.That(setup.Options.CallTimeout, Is.EqualTo(Timeout.InfiniteTimeSpan));
    }

    [Test]
    public async Task A_client_whose_section_has_no_endpoint_fails_the_start_of_its_host()
    {
        using var host = Hosts.Of(services => services.AddButlerClient<IEcho>(Section("Orders")));

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.That(failure!.Message, Does.Contain("the client of ButlerRpc.Contracts.External.IEcho has no endpoint"));
    }

    [Test]
    public void Every_option_that_is_a_value_can_be_configured()
    {
        Assert.That(OptionNames.Server.Names, Is.EquivalentTo(Configurable<ButlerServerOptions>()));
        Assert.That(OptionNames.Client.Names, Is.EquivalentTo(Configurable<ButlerClientOptions>()));
        Assert.That(OptionNames.Limits.Names, Is.EquivalentTo(Configurable<ButlerLimits>()));
        Assert.That(OptionNames.Retry.Names, Is.EquivalentTo(Configurable<ButlerRetryOptions>()));
        Assert.That(OptionNames.Iproto.Names, Is.EquivalentTo(Configurable<IprotoOptions>()));
    }

    [Test]
    public void Every_name_sets_the_option_it_names()
    {
        AssertSets(OptionNames.Server);
        AssertSets(OptionNames.Client);
        AssertSets(OptionNames.Limits);
        AssertSets(OptionNames.Retry);
        AssertSets(OptionNames.Iproto);
    }

    static void AssertSets<TOptions>(OptionBinder<TOptions> binder)
        where TOptions : new()
    {
        foreach (var name in binder.Names)
        {
            var property = typeof(TOptions).GetProperty(name)!;
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            (string Key, string Text, object Value) set = type switch
            {
                _ when type == typeof(int) => (name, "4242", 4242),
                _ when type == typeof(double) => (name, "0.42", 0.42),
                _ when type == typeof(TimeSpan) => (name, "00:42:42", new TimeSpan(0, 42, 42)),
                _ when type == typeof(bool) => (name, $"{property.GetValue(new TOptions()) is false}", property.GetValue(new TOptions()) is false),
                { IsEnum: true } => (name, Enum.GetNames(type)[^1].ToLowerInvariant(), Enum.GetValues(type).GetValue(Enum.GetNames(type).Length - 1)!),
                _ when type == typeof(ButlerLimits) => ($"{name}:PingAfter", "00:42:42", new ButlerLimits { PingAfter = new TimeSpan(0, 42, 42) }),
                _ when type == typeof(ButlerRetryOptions) => ($"{name}:Budget", "0.42", new ButlerRetryOptions { Budget = 0.42 }),
                _ => ($"{name}:SizeLimit", "4242", new IprotoOptions { SizeLimit = 4242 }),
            };
            Assert.That(property.GetValue(binder.Bind(new TOptions(), Section("S", (set.Key, set.Text)))), Is.EqualTo(set.Value), name);
        }
    }

    static IEnumerable<string> Configurable<TOptions>() =>
        from property in typeof(TOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance)
        where property.CanWrite && !IsObject(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType)
        select property.Name;

    // What only code can supply: a logger, a platform, a rate limiter, interceptors … Everything else is a value, or a record of values.
    static bool IsObject(Type type) => !type.IsValueType && type.GetMethod("<Clone>$") is null;

    static IConfigurationSection Section(string name, params (string Key, string Value)[] values) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(v => KeyValuePair.Create<string, string?>($"{name}:{v.Key}", v.Value)))
            .Build()
            .GetSection(name);
}
