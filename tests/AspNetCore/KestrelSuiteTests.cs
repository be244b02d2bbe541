using System.Net;
using System.Threading.Channels;
using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Transport;
using ButlerRpc.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.AspNetCore.Tests;

/// <summary>Kestrel's connections pass the suite that every transport passes.</summary>
public sealed class KestrelSuiteTests : TransportSuite
{
    protected override ITransport Transport { get; } = new KestrelTransport();

    protected override string ListenAt => "tcp://127.0.0.1:0";

    /// <summary>Listens by Kestrel, dials by TCP.</summary>
    sealed class KestrelTransport : ITransport
    {
        readonly TcpTransport _tcp = new();

        public IReadOnlyList<string> Schemes { get; } = ["tcp"];

        public ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken) =>
            _tcp.DialAsync(endpoint, platform, cancellationToken);

        public async ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken)
        {
            var accepted = Channel.CreateUnbounded<Connection>();
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, endpoint.Port, listen => listen.Use(_ => async context =>
            {
                await using var connection = new KestrelConnection(context);
                accepted.Writer.TryWrite(connection);
                await connection.Ended;
            })));
            var app = builder.Build();
            try
            {
                await app.StartAsync(cancellationToken);
            }
            catch (IOException e)
            {
                await app.DisposeAsync();
                throw new IOException($"cannot listen on {endpoint}", e);
            }

            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            return new Listener(app, accepted, endpoint with { Port = new Uri(address).Port });
        }
    }

    sealed class Listener(WebApplication app, Channel<Connection> accepted, ButlerEndpoint endpoint) : ConnectionListener
    {
        public override ButlerEndpoint Endpoint => endpoint;

        public override async ValueTask<Connection?> AcceptAsync() =>
            await accepted.Reader.WaitToReadAsync() && accepted.Reader.TryRead(out var connection) ? connection : null;

        public override async ValueTask DisposeAsync()
        {
            accepted.Writer.TryComplete();
            await app.DisposeAsync();
        }
    }
}
