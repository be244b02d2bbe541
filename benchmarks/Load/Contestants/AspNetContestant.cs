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
sealed class AspNetContestant : Contestant
{
    public override string Name => "aspnet-h2-json";

    public override string Configuration =>
        "ASP.NET Core minimal API on Kestrel, HTTP/2 prior knowledge without TLS, System.Text.Json source generation, no logging, 1024 streams per connection and " +
        "4 MiB / 8 MiB windows on both sides (defaults throttle the larger rows); HttpClient with one connection per session, a live cancellation token on every call";

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
            await (workload.Kind == WorkloadKind.Bulk
                ? CallLoop.RunAsync<BlockCaller, Block>(new BlockCaller(clients, workload.PayloadBytes, cancellation.Token), meter)
                : CallLoop.RunAsync<NumbersCaller, Numbers>(new NumbersCaller(clients, cancellation.Token), meter));
        }

        public override ValueTask DisposeAsync()
        {
            foreach (var client in clients)
                client.Dispose();
            return default;
        }
    }

    readonly struct NumbersCaller(HttpClient[] clients, CancellationToken token) : ICaller<Numbers>
    {
        public ValueTask<Numbers> CallAsync(int caller, long sequence) =>
            new(PostAsync(clients[caller % clients.Length], Numbers.Of(caller, sequence), token));

        public void Check(in Numbers reply, int caller, long sequence) => reply.Check(caller, sequence);

        static async Task<Numbers> PostAsync(HttpClient client, Numbers request, CancellationToken token)
        {
            using var response = await client.PostAsJsonAsync("/numbers", request, EchoJson.Default.Numbers, token);
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
sealed partial class EchoJson : JsonSerializerContext;
