using ButlerRpc.Contracts.External;
using Microsoft.Extensions.DependencyInjection;

namespace ButlerRpc.Hosting.Tests;

[ButlerService(Callback = typeof(IReader))]
public partial interface ILibrary
{
    /// <summary>Asks the caller back, and gives its answer.</summary>
    ValueTask<Text> LendAsync(string title, CallContext context = default);
}

[ButlerService]
public partial interface IReader
{
    ValueTask<Text> SignAsync(string title, CancellationToken cancellationToken = default);
}

sealed class Library : ILibrary
{
    public ValueTask<Text> LendAsync(string title, CallContext context) => context.Peer.Create<IReader>().SignAsync(title, context.CancellationToken);
}

/// <summary>Needs the client that it is offered by.</summary>
sealed class Reader(Numbers numbers, ILibrary library) : IReader, IAsyncDisposable
{
    readonly int _number = numbers.Next();

    public ILibrary Library => library;

    public ValueTask<Text> SignAsync(string title, CancellationToken cancellationToken) => new(new Text($"{title}, {_number}"));

    public ValueTask DisposeAsync()
    {
        numbers.Released.Release();
        return default;
    }
}

sealed class CallbackTests
{
    [Test]
    public async Task Server_calls_back_what_the_clients_container_has()
    {
        using var server = await Hosts.ServeAsync(services => services.AddButlerService<Library>());
        await using var client = Client(server.Endpoint()).AddSingleton<IReader, Reader>().BuildServiceProvider();
        var library = client.GetRequiredService<ILibrary>();

        Assert.That((await library.LendAsync("Emma")).Value, Is.EqualTo("Emma, 1"));
        Assert.That((await library.LendAsync("Ulysses")).Value, Is.EqualTo("Ulysses, 1"));
        Assert.That(((Reader)client.GetRequiredService<IReader>()).Library, Is.SameAs(library));
    }

    [Test]
    public async Task Scoped_reader_has_a_scope_for_each_callback()
    {
        using var server = await Hosts.ServeAsync(services => services.AddButlerService<Library>());
        await using var client = Client(server.Endpoint()).AddScoped<IReader, Reader>().BuildServiceProvider();
        var library = client.GetRequiredService<ILibrary>();

        Assert.That((await library.LendAsync("Emma")).Value, Is.EqualTo("Emma, 1"));
        Assert.That((await library.LendAsync("Ulysses")).Value, Is.EqualTo("Ulysses, 2"));
        for (var i = 0; i < 2; i++)
            Assert.That(await client.GetRequiredService<Numbers>().Released.WaitAsync(TimeSpan.FromMinutes(1)), Is.True);
    }

    [Test]
    public async Task Offer_that_nothing_is_registered_for_fails_the_start_of_its_host()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => Hosts.StartAsync(
            services => services.AddButlerClient<ILibrary>("tcp://127.0.0.1:1", o => o.Offer<IReader>())));

        Assert.That(failure!.Message, Does.Contain("IReader").And.Contains("services.AddSingleton<IReader"));
    }

    [Test]
    public async Task Client_that_offers_nothing_tells_the_server_that_its_callback_is_not_there()
    {
        using var server = await Hosts.ServeAsync(services => services.AddButlerService<Library>());
        await using var client = new ServiceCollection().AddButlerClient<ILibrary>(server.Endpoint(), Hosts.Patiently).BuildServiceProvider();

        var failure = await Assert.ThrowsAsync<ButlerException>(async () => await client.GetRequiredService<ILibrary>().LendAsync("Emma"));
        Assert.That((failure!.Status, failure.Certainty), Is.EqualTo((ButlerStatus.Unimplemented, ButlerCertainty.Executed)));
    }

    static IServiceCollection Client(string endpoint) =>
        new ServiceCollection().AddSingleton<Numbers>().AddButlerClient<ILibrary>(
            endpoint,
            o =>
            {
                Hosts.Patiently(o);
                o.Offer<IReader>();
            });
}
