using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Allocations;

/// <summary>The ways in which calls are made that may cost nothing on the heap. Payloads are structs.</summary>
sealed class Scenarios : IAsyncDisposable
{
    readonly string _endpoint;
    readonly int _calls;
    readonly int _callers;
    readonly CallInvoker _client;
    readonly CancellationTokenSource _cancellation = new();
    readonly CallContext _withDeadline = new(new CallOptions { Timeout = TimeSpan.FromSeconds(60) });
    readonly List<ButlerClient> _idle = [];
    ButlerClient? _pool;
    ButlerClient? _inline;

    Scenarios(string endpoint, int calls, int callers, CallInvoker client) => (_endpoint, _calls, _callers, _client) = (endpoint, calls, callers, client);

    public static async Task<Scenarios> ConnectAsync(string endpoint, int calls, int callers) => new(endpoint, calls, callers,
        endpoint.StartsWith("butler:", StringComparison.Ordinal)
            ? await BrokerConsumer.ConnectAsync(endpoint, new BrokerConnectionOptions { Client = Patient.Of(new BrokerConnectionOptions().Client), ProviderWait = TimeSpan.FromHours(1) })
            : await ButlerClient.ConnectAsync(endpoint, Patient.Client));

    public async Task RunAsync(string name)
    {
        switch (name)
        {
            case "one-way":
                await NotifyAsync();
                break;
            case "deadline":
                await EveryCallerAsync(static (s, i) => s._client.CallAsync(Methods.Quad, QuadOf(i), s._withDeadline), QuadOf);
                break;
            case "token":
                await EveryCallerAsync(static (s, i) => s._client.CallAsync(Methods.Work, i, s._cancellation.Token), static i => i);
                break;
            case "pool":
                _pool ??= await ButlerClient.ConnectAsync(_endpoint, Patient.Client with { SessionsPerEndpoint = 2, MaxSessionsPerEndpoint = 2 });
                await EveryCallerAsync(static (s, i) => s._pool!.CallAsync(Methods.Quad, QuadOf(i)), QuadOf);
                break;
            case "inline":
                _inline ??= await ButlerClient.ConnectAsync(_endpoint, Patient.Client with { InlineContinuations = true });
                await EveryCallerAsync(static (s, i) => s._inline!.CallAsync(Methods.Inline, i), static i => i);
                break;
            case "server-stream":
                await WatchAsync();
                break;
            case "client-stream":
                Check(await _client.CallAsync(QuadStreams.Count, 0, [QuadStreams.Numbers.With(QuadStreams.QuadsAsync(_calls))], default) == _calls);
                break;
            default:
                await EveryCallerAsync(static (s, i) => s._client.CallAsync(Methods.Quad, QuadOf(i)), QuadOf);
                break;
        }
    }

    /// <summary>Closes those there are and opens so many.</summary>
    public async Task OpenIdleAsync(int count)
    {
        foreach (var client in _idle)
            await client.DisposeAsync();
        _idle.Clear();
        for (var i = 0; i < count; i++)
            _idle.Add(await ButlerClient.ConnectAsync(_endpoint, Patient.Client));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _idle)
            await client.DisposeAsync();
        if (_pool is not null)
            await _pool.DisposeAsync();
        if (_inline is not null)
            await _inline.DisposeAsync();
        await ((IAsyncDisposable)_client).DisposeAsync();
        _cancellation.Dispose();
    }

    async Task WatchAsync()
    {
        var count = 0;
        await foreach (var item in _client.StreamAsync(QuadStreams.Watch, _calls, [], default))
            Check(item.A == count++);
        Check(count == _calls);
    }

    Task EveryCallerAsync<T>(Func<Scenarios, int, ValueTask<T>> call, Func<int, T> expected) => Task.WhenAll(Enumerable.Range(0, _callers).Select(async _ =>
    {
        for (var i = 0; i < _calls / _callers; i++)
            Check(EqualityComparer<T>.Default.Equals(await call(this, i), expected(i)));
    }));

    // Messages without an answer: what says that they have arrived is the answer to a call behind them.
    async Task NotifyAsync()
    {
        for (var i = 0; i < _calls;)
        {
            try
            {
                await _client.SendAsync(Methods.Note, i);
                i++;
            }
            catch (ButlerException e) when (e.Reason == ButlerReason.QueueFull)
            {
                // Neither side has run for a second, which is all that a message waits for room.
            }
        }

        Check(await _client.CallAsync(Methods.Work, 1) == 1);
    }

    static Quad QuadOf(int i) => new(i, i + 1, i + 2, i + 3);

    static void Check(bool right)
    {
        if (!right)
            throw new InvalidOperationException("the answer is not the one that was asked for");
    }
}
