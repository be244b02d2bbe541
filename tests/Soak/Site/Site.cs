using System.Net;
using System.Net.Sockets;
using ButlerRpc.Runtime.Tests.Transport;
using ButlerRpc.Soak.Calls;

namespace ButlerRpc.Soak.Site;

/// <summary>The processes of a run, the fronts before them and the ways to them.</summary>
sealed class Site(Settings settings, Findings findings, string folder) : IAsyncDisposable
{
    const string Channel = "5d0f7a52-6f0e-4c55-9b9e-0d5f2f0f8a11";
    readonly Authority _authority = new();
    readonly List<string> _guestEndpoints = [];
    int _guests;

    public string Journal { get; } = Path.Combine(folder, "journal");

    public List<Front> Fronts { get; } = [];

    public List<Post> Posts { get; } = [];

    public List<Route> Routes { get; } = [];

    public Func<Step, ButlerClientOptions, Task<Route>> Visit { get; private set; } = null!;

    public async Task StartAsync()
    {
        await (settings.ThroughBroker ? StartBrokerAsync() : StartServersAsync());
    }

    /// <summary>A client in a process of its own; null: the numbers for its calls are used up.</summary>
    public async Task<Child?> StartGuestAsync()
    {
        var number = ++_guests;
        return IdRange.Take(1 << 21) is { } ids
            ? await Child.StartAsync($"guest{number}", findings, folder, "guest", Journal, string.Join(',', _guestEndpoints), $"{settings.Seed + number}", $"{ids.First}", $"{ids.Count}")
            : null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var post in Posts)
            await post.DisposeAsync();
        foreach (var front in Fronts)
            await front.DisposeAsync();
        _authority.Dispose();
    }

    async Task StartServersAsync()
    {
        const int Servers = 3;
        var certificate = _authority.Issue("localhost");
        var (tcp, tls, unix, mixed) = (new string[Servers], new string[Servers], new string[Servers], new string[Servers]);
        for (var i = 0; i < Servers; i++)
        {
            var name = $"server{i + 1}";
            var file = Path.Combine(folder, name);
            var fronts = (Front[])[NewFront(), NewFront(), NewFront(new UnixDomainSocketEndPoint($"{file}.front")), NewFront()];
            (tcp[i], tls[i]) = ($"tcp://127.0.0.1:{fronts[0].Port}", $"tls://127.0.0.1:{fronts[1].Port}?authorities={_authority.Path}&name=localhost");
            (unix[i], mixed[i]) = ($"unix://{file}.front", $"iproto://127.0.0.1:{fronts[3].Port}");
            var endpoints = $"tcp://127.0.0.1:0,tls://127.0.0.1:0?{certificate.Options},unix://{file},tcp://127.0.0.1:0?protocols=native+iproto";
            await AddAsync(name, fronts, "serve", Journal, endpoints);
        }

        var all = string.Join(',', tcp);
        _guestEndpoints.AddRange(tcp);
        var plain = Route.Calm with { Limits = new ButlerLimits() };
        await AddRouteAsync("pool", all, Route.Calm with { SessionsPerEndpoint = 2, Routing = ButlerRouting.RoundRobin, Retry = new ButlerRetryOptions { HedgeAfter = TimeSpan.FromMilliseconds(30) } });
        await AddRouteAsync("one", tcp[0], plain with { MaxSessionsPerEndpoint = 1, Interceptors = [new PassingInterceptor()] });
        await AddRouteAsync("tls", string.Join(',', tls), plain with { Routing = ButlerRouting.LeastInFlight });
        await AddRouteAsync("unix", string.Join(',', unix), plain with { InlineContinuations = true });
        await AddRouteAsync("mixed", mixed[1].Replace("iproto:", "tcp:", StringComparison.Ordinal), plain);
        await AddRouteAsync("iproto", mixed[1], plain);
        var ways = (string[])[all, tcp[1], string.Join(',', tls), string.Join(',', unix)];
        Visit = (step, options) => Task.FromResult(Route.Open("visitor", ways[step.Dice.Next(ways.Length)], step.Callers.Findings, options));
    }

    async Task StartBrokerAsync()
    {
        var certificate = _authority.Issue("localhost");
        var (tcp, tls) = (NewFront(), NewFront());
        await AddAsync("broker", [tcp, tls], "broker", $"tcp://127.0.0.1:0,tls://127.0.0.1:0?{certificate.Options}");
        var plain = $"butler://127.0.0.1:{tcp.Port}/{Channel}";
        var secure = $"tls://127.0.0.1:{tls.Port}?authorities={_authority.Path}&name=localhost&channel={Channel}";
        _guestEndpoints.Add(plain);
        await AddAsync("provider1", [], "provide", Journal, plain);
        await AddAsync("provider2", [], "provide", Journal, secure);
        await AddAsync("provider3", [], "provide", Journal, plain);
        Routes.Add(await Route.ConsumeAsync("consumer", plain, Route.Calm));
        Routes.Add(await Route.ConsumeAsync("secure consumer", secure, Route.Calm with { MaxSessionsPerEndpoint = 1 }));
        Visit = (step, options) => Route.ConsumeAsync("visitor", step.Once(2) ? plain : secure, options);
    }

    Front NewFront(EndPoint? at = null)
    {
        var front = new Front(at ?? new IPEndPoint(IPAddress.Loopback, 0), settings.Seed + Fronts.Count);
        Fronts.Add(front);
        return front;
    }

    async Task AddAsync(string name, IReadOnlyList<Front> fronts, params string[] arguments)
    {
        var post = new Post(name, async () =>
        {
            var child = await Child.StartAsync(name, findings, folder, arguments);
            for (var i = 0; i < fronts.Count; i++)
                fronts[i].Target = Address(child.Endpoints[i]);
            return child;
        });
        await post.StartAsync();
        Posts.Add(post);
    }

    async Task AddRouteAsync(string name, string endpoints, ButlerClientOptions options)
    {
        var route = Route.Open(name, endpoints, findings, options);
        Routes.Add(route);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await route.Client!.WaitUntilReadyAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            findings.Add(name, "a client of a server that listens is ready", $"it is not after 20 s: {route}");
        }
    }

    static EndPoint Address(string endpoint)
    {
        var uri = new Uri(endpoint);
        return uri.Scheme == "unix" ? new UnixDomainSocketEndPoint(uri.AbsolutePath) : new IPEndPoint(IPAddress.Loopback, uri.Port);
    }
}
