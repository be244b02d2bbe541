using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Server;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Limits;

/// <summary>What a transport, maybe the application's own, may do without ending the accepting of others.</summary>
public sealed class AcceptorTests
{
    [Test]
    public void Transport_that_fails_in_an_unforeseen_way_is_asked_again()
    {
        Simulation.RunMany(5, async sim =>
        {
            var log = new LogLines();
            var served = new List<Connection>();
            var broken = new Stranger(() => throw new InvalidOperationException("it cannot be opened"));
            var fine = new Stranger(null);
            var acceptor = new Acceptor(sim.Platform, log, new Admission(10, 10, 10), TimeSpan.FromSeconds(1));
            acceptor.Run(
                new Script([() => throw new InvalidOperationException("it cannot accept"), () => broken, () => fine]),
                (connection, _, _) =>
                {
                    served.Add(connection);
                    return null;
                });
            await sim.UntilAsync(() => served.Count > 0 && broken.IsAborted);
            Assert.That(served, Is.EqualTo(new[] { fine }));
            Assert.That(acceptor.Connections, Is.EqualTo(1), "the place of the broken one is given back");
            Assert.That(log.Lines.Single(l => l.Id.Id == 6).Text, Does.Contain("it cannot accept"));
            Assert.That(log.Lines.Single(l => l.Id.Id == 41).Exception!.Message, Is.EqualTo("it cannot be opened"));
        });
    }

    [Test]
    public async Task Listener_is_closed_outside_the_servers_lock()
    {
        ButlerServer server = null!;
        var answered = false;
        var platform = new SystemPlatform([new AskingTransport(() => answered = AskingListener.IsAnswered(() => server.Sessions))]);
        server = await ButlerServer.StartAsync("tcp://127.0.0.1:1", _ => { }, new ButlerServerOptions { Platform = platform });
        await server.DisposeAsync();
        Assert.That(answered, "another thread was kept out");
    }

    sealed class AskingTransport(Action ask) : ITransport
    {
        public IReadOnlyList<string> Schemes { get; } = ["tcp"];

        public ValueTask<Connection> DialAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken) => throw new IOException("nobody is there");

        public ValueTask<ConnectionListener> ListenAsync(ButlerEndpoint endpoint, ButlerPlatform platform, CancellationToken cancellationToken) => new(new AskingListener(ask));
    }

    sealed class Script(Func<Connection>[] accepts) : ConnectionListener
    {
        int _next;

        public override ButlerEndpoint Endpoint { get; } = ButlerEndpoint.Parse(World.Endpoint);

        public override ValueTask<Connection?> AcceptAsync() => new(_next < accepts.Length ? accepts[_next++]() : null);

        public override ValueTask DisposeAsync() => default;
    }

    sealed class Stranger(Func<ValueTask<Connection>>? open) : Connection
    {
        public bool IsAborted { get; set; }

        public override string LocalAddress => "here";

        public override string RemoteAddress => "there";

        public override ValueTask<Connection> OpenAsync(CancellationToken cancellationToken) => open is null ? new(this) : open();

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => default;

        public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => default;

        public override void CloseWrite()
        {
        }

        public override void Abort() => IsAborted = true;

        public override ValueTask DisposeAsync() => default;
    }
}
