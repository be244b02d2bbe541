using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text;
using ButlerRpc.Calls;
using ButlerRpc.Testing;

namespace ButlerRpc.Contracts.Tests.Pipeline;

[ButlerService]
[ButlerAuthorize("staff")]
public partial interface IVault
{
    ValueTask<int> OpenAsync(int value, CancellationToken cancellationToken = default);

    [ButlerAuthorize("chief")]
    ValueTask<int> EmptyAsync(int value, CancellationToken cancellationToken = default);

    IAsyncEnumerable<int> WatchAsync(int count, CancellationToken cancellationToken = default);

    ValueTask<int> FillAsync(IAsyncEnumerable<int> items, CancellationToken cancellationToken = default);

    [ButlerMethod(OneWay = true)]
    ValueTask NoteAsync(int value, CancellationToken cancellationToken = default);
}

/// <summary>Who may call what: by a token, through the policies of a contract.</summary>
sealed class PolicyTests
{
    const string Endpoint = "tcp://127.0.0.1:9000";

    [Test]
    public void Caller_without_the_right_reaches_no_handler_whatever_the_shape_of_the_call() => Simulation.RunMany(20, async sim =>
    {
        var vault = new Vault();
        await using var server = await ServeAsync(sim, vault, token => token);
        await using var client = await ConnectAsync(sim, () => "guest");
        var proxy = client.Create<IVault>();
        var items = new Disposals();
        foreach (var call in (Func<Task>[])
        [
            async () => await proxy.OpenAsync(1),
            async () => await proxy.EmptyAsync(1),
            async () => await proxy.FillAsync(items.GiveAsync()),
            async () => await proxy.WatchAsync(3).GetAsyncEnumerator().MoveNextAsync(),
        ])
        {
            var failure = await FailureAsync(call);
            Assert.That((failure.Status, failure.Certainty), Is.EqualTo((ButlerStatus.PermissionDenied, ButlerCertainty.NotExecuted)), failure.Message);
        }

        await proxy.NoteAsync(1);
        await sim.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.That(vault.Reached, Is.Empty);
        Assert.That(items.Disposed, Is.EqualTo(items.Begun), "the caller's stream was not disposed");
    });

    [Test]
    public void Caller_with_the_right_is_served_and_the_policy_of_a_method_goes_before_that_of_its_service() => Simulation.RunMany(20, async sim =>
    {
        var vault = new Vault();
        await using var server = await ServeAsync(sim, vault, token => token);
        await using var staff = await ConnectAsync(sim, () => "staff");
        await using var chief = await ConnectAsync(sim, () => "chief");
        var proxy = staff.Create<IVault>();
        Assert.That(await proxy.OpenAsync(4), Is.EqualTo(4));
        Assert.That(await proxy.FillAsync(new Disposals().GiveAsync()), Is.EqualTo(3));
        Assert.That(await proxy.WatchAsync(3).GetAsyncEnumerator().MoveNextAsync(), Is.True);
        await proxy.NoteAsync(1);
        Assert.That((await FailureAsync(async () => await proxy.EmptyAsync(1))).Status, Is.EqualTo(ButlerStatus.PermissionDenied));
        Assert.That(await chief.Create<IVault>().EmptyAsync(5), Is.EqualTo(5));
        await sim.SettleAsync();
        Assert.That(vault.Reached, Is.EqualTo(new[] { "Open", "Fill", "Watch", "Note", "Empty" }));
    });

    [Test]
    public void Caller_that_nobody_has_authenticated_is_told_so() => Simulation.RunMany(20, async sim =>
    {
        var vault = new Vault();
        await using var server = await ServeAsync(sim, vault, authenticate: null);
        await using var client = await ConnectAsync(sim, token: null);
        var failure = await FailureAsync(async () => await client.Create<IVault>().OpenAsync(1));
        Assert.That((failure.Status, failure.Certainty), Is.EqualTo((ButlerStatus.Unauthenticated, ButlerCertainty.NotExecuted)));
        Assert.That(vault.Reached, Is.Empty);
    });

    [Test]
    public void Token_that_has_expired_is_replaced_by_the_next_reconnect() => Simulation.RunMany(20, async sim =>
    {
        var (valid, shown) = (1, new List<string>());
        await using var server = await ServeAsync(sim, new Vault(), token =>
        {
            shown.Add(token);
            return token == $"ticket {valid}" ? "staff" : null;
        });
        await using var client = await ConnectAsync(sim, () => $"ticket {valid}");
        var proxy = client.Create<IVault>();
        Assert.That(await proxy.OpenAsync(1), Is.EqualTo(1));

        valid = 2;
        Assert.That(await proxy.OpenAsync(2), Is.EqualTo(2), "a session that is open stays so");
        sim.Network.Links[0].Reset();
        await sim.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.That(await proxy.OpenAsync(3), Is.EqualTo(3));
        Assert.That(shown, Is.EqualTo(new[] { "ticket 1", "ticket 2" }));
    });

    static Task<ButlerServer> ServeAsync(Simulation sim, Vault vault, Func<string, string?>? authenticate) => ButlerServer.StartAsync(
        Endpoint,
        s => s.AddPolicy("staff", p => p?.Identity?.Name is "staff" or "chief").AddPolicy("chief", p => p?.Identity?.Name == "chief").Add<IVault>(vault),
        new ButlerServerOptions
        {
            Platform = sim.Platform,
            Authenticator = authenticate is null ? null : (credentials, _) => new(authenticate(Encoding.UTF8.GetString(credentials.Token.Span)) is { } name
                ? new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "token"))
                : null),
        });

    static Task<ButlerClient> ConnectAsync(Simulation sim, Func<string>? token) => ButlerClient.ConnectAsync(Endpoint, new ButlerClientOptions
    {
        Platform = sim.Platform,
        AllowTokenInClear = true,
        Token = token is null ? null : _ => new(Encoding.UTF8.GetBytes(token())),
    });

    static Task<ButlerException> FailureAsync(Func<Task> call) => Complaints.DeskWorld.FailureAsync<ButlerException>(call);

    sealed class Vault : IVault
    {
        public List<string> Reached { get; } = [];

        public ValueTask<int> OpenAsync(int value, CancellationToken cancellationToken) => Reach("Open", value);

        public ValueTask<int> EmptyAsync(int value, CancellationToken cancellationToken) => Reach("Empty", value);

        public async IAsyncEnumerable<int> WatchAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Reached.Add("Watch");
            for (var i = 0; i < count; i++)
                yield return i;
            await Task.CompletedTask;
        }

        public async ValueTask<int> FillAsync(IAsyncEnumerable<int> items, CancellationToken cancellationToken)
        {
            Reached.Add("Fill");
            var count = 0;
            await foreach (var _ in items)
                count++;
            return count;
        }

        public async ValueTask NoteAsync(int value, CancellationToken cancellationToken) => await Reach("Note", value);

        ValueTask<int> Reach(string name, int value)
        {
            Reached.Add(name);
            return new(value);
        }
    }

    /// <summary>Three items, and whether those who asked for them have disposed of them.</summary>
    sealed class Disposals
    {
        public int Begun { get; private set; }

        public int Disposed { get; private set; }

        public async IAsyncEnumerable<int> GiveAsync()
        {
            Begun++;
            try
            {
                for (var i = 0; i < 3; i++)
                    yield return i;
                await Task.CompletedTask;
            }
            finally
            {
                Disposed++;
            }
        }
    }
}
