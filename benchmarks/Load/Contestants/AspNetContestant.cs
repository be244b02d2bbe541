using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>What ships with the SDK: a minimal API over HTTP/2 without TLS, JSON by source generation.</summary>
sealed class AspNetContestant : DotNetContestant
{
    public override string Name => "aspnet-h2-json";

    public override string Configuration =>
        "ASP.NET Core minimal API on Kestrel, HTTP/2 prior knowledge without TLS, System.Text.Json source generation, no logging, 1024 streams per connection and " +
        "4 MiB / 8 MiB windows on both sides (defaults throttle the larger rows); HttpClient with one connection per session, a live cancellation token on every call";

    public override bool Runs(Workload workload) => base.Runs(workload) || workload.IsPaced || workload.Kind == WorkloadKind.ServerStream;

    public override async Task<LoadServer> ServeAsync(Workload workload)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, EchoJson.Default));
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2);
            o.Limits.Http2.MaxStreamsPerConnection = 1024;
            o.Limits.Http2.InitialStreamWindowSize = 4 << 20;
            o.Limits.Http2.InitialConnectionWindowSize = 8 << 20;
        });
        var app = builder.Build();
        app.MapPost("/numbers", static (Numbers request) => request);
        app.MapPost("/block", static (Block request) => request);
        app.MapPost("/slowly", static async (Numbers request) =>
        {
            if (Pacing.IsSlow(request.GetSequence()))
                await Task.Delay(Pacing.SlowMilliseconds);
            return request;
        });
        app.MapPost("/blocking", static (Numbers request) =>
        {
            if (Pacing.IsSlow(request.GetSequence()))
                Thread.Sleep(Pacing.SlowMilliseconds);
            return request;
        });
        app.MapGet("/watch", static (CancellationToken ct) => new Echo().WatchAsync(ct));
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new LoadServer(new Uri(address).Port, app);
    }

    public override Task<LoadClient> ConnectAsync(Workload workload, int port)
    {
        var clients = new HttpClient[workload.Sessions];
        for (var i = 0; i < clients.Length; i++)
        {
            var handler = new SocketsHttpHandler { InitialHttp2StreamWindowSize = 4 << 20, EnableMultipleHttp2Connections = false };
            clients[i] = new HttpClient(handler)
            {
                BaseAddress = new Uri($"http://127.0.0.1:{port}"),
                DefaultRequestVersion = HttpVersion.Version20,
                DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
        }

        return Task.FromResult<LoadClient>(new Client(clients, workload));
    }

    sealed class Client(HttpClient[] clients, Workload workload) : LoadClient
    {
        public override async Task RunAsync(Meter meter)
        {
            using var cancellation = new CancellationTokenSource();
            var token = cancellation.Token;
            await (workload.Kind switch
            {
                WorkloadKind.Bulk => CallLoop.RunAsync<BlockCaller, Block>(new BlockCaller(clients, workload.PayloadBytes, token), meter),
                WorkloadKind.Paced => PaceAsync("/slowly"),
                WorkloadKind.PacedBlocking => PaceAsync("/blocking"),
                WorkloadKind.ServerStream => Task.WhenAll(Enumerable.Range(0, meter.Lanes).Select(i => ItemStreams.ReadAsync(WatchAsync(clients[i % clients.Length]), meter, meter[i]))),
                _ => CallLoop.RunAsync<NumbersCaller, Numbers>(new NumbersCaller(clients, "/numbers", token), meter),
            });

            Task PaceAsync(string path) => new PacedLoop<NumbersCaller, Numbers>(new NumbersCaller(clients, path, token), meter, workload.Callers).RunAsync();
        }

        static async IAsyncEnumerable<Numbers> WatchAsync(HttpClient client)
        {
            using var response = await client.GetAsync("/watch", HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            await foreach (var item in response.Content.ReadFromJsonAsAsyncEnumerable(EchoJson.Default.Numbers))
                yield return item;
        }

        public override ValueTask DisposeAsync()
        {
            foreach (var client in clients)
                client.Dispose();
            return default;
        }
    }

    readonly struct NumbersCaller(HttpClient[] clients, string path, CancellationToken token) : ICaller<Numbers>
    {
        public ValueTask<Numbers> CallAsync(int caller, long sequence) =>
            new(PostAsync(clients[caller % clients.Length], path, Numbers.Of(caller, sequence), token));

        public void Check(in Numbers reply, int caller, long sequence) => reply.Check(caller, sequence);

        static async Task<Numbers> PostAsync(HttpClient client, string path, Numbers request, CancellationToken token)
        {
            using var response = await client.PostAsJsonAsync(path, request, EchoJson.Default.Numbers, token);
            response.EnsureSuccessStatusCode();
            return await response.Content.ReadFromJsonAsync(EchoJson.Default.Numbers, token);
        }
    }

    readonly struct BlockCaller(HttpClient[] clients, int size, CancellationToken token) : ICaller<Block>
    {
        readonly Block _request = Block.OfSize(size);

        public ValueTask<Block> CallAsync(int caller, long sequence) => new(PostAsync(clients[caller % clients.Length], _request, token));

        public void Check(in Block reply, int caller, long sequence) => reply.Check(_request.Bytes.Length);

        static async Task<Block> PostAsync(HttpClient client, Block request, CancellationToken token)
        {
            using var response = await client.PostAsJsonAsync("/block", request, EchoJson.Default.Block, token);
            response.EnsureSuccessStatusCode();
            return (await response.Content.ReadFromJsonAsync(EchoJson.Default.Block, token))!;
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Numbers))]
[JsonSerializable(typeof(Block))]
[JsonSerializable(typeof(IAsyncEnumerable<Numbers>))]
sealed partial class EchoJson : JsonSerializerContext;
