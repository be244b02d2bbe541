using ButlerRpc.Calls;
using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.Runtime.Tests.Client;

/// <summary>Mistakes that everybody makes once are told with what was wrong, with which value, and what to do.</summary>
public class MistakeTests
{
    const string Endpoint = "tcp://10.0.7.1:9000";

    [TestCase("tls://orders:9000?authority=/etc/ca.pem", "'authority' of the endpoint", "authorities, certificate, clients,")]
    [TestCase("tls://orders:9000?client=/etc/ca.pem", "'client' of the endpoint", "clients")]
    [TestCase("tcp://orders:9000?nodelay=true", "'nodelay' of the endpoint", "noDelay")]
    [TestCase("tcp://orders:9000?certificate=/etc/tls.pem", "'certificate' of the endpoint", "is no option of tcp://")]
    [TestCase("iproto://orders:9000?x=1", "'x' of the endpoint", "is no option of iproto://")]
    [TestCase("unix:///run/orders.sock?chmod=660", "'chmod' of the endpoint", "mode")]
    [TestCase("mem://orders?x=1", "'x' of the endpoint", "is no option of mem://")]
    [TestCase("systemd://orders?number=1", "'number' of the endpoint", "index")]
    public void Option_that_an_endpoint_does_not_have_is_refused_with_those_it_has(string endpoint, string what, string there)
    {
        Assert.That(() => ButlerClient.Open(endpoint), Throws.ArgumentException.With.Message.Contains(what).And.Message.Contains(there).And.Message.Contains(endpoint));
        Assert.That(() => ButlerServer.StartAsync(endpoint, _ => { }), Throws.ArgumentException.With.Message.Contains(what));
    }

    [TestCase("tcp://*:9000", "is for listening, on every address")]
    [TestCase("tls://orders:0", "is for listening: port 0 takes a free one")]
    [TestCase("systemd://orders.socket", "is for listening; dial the address of the socket unit")]
    [TestCase("tcp://orders:9000?noDelay=maybe", "noDelay=maybe of the endpoint")]
    [TestCase("unix:///run/orders.sock?sendBuffer=1", "sendBuffer=1 of the endpoint")]
    public void Endpoint_that_can_never_be_dialled_is_refused_when_a_client_is_made(string endpoint, string why)
    {
        Assert.That(() => ButlerClient.Open(endpoint), Throws.ArgumentException.With.Message.Contains(why).And.Message.Contains(endpoint));
    }

    [TestCase("tcp")]
    [TestCase("tls")]
    [TestCase("iproto")]
    public void Path_behind_the_port_is_refused(string scheme)
    {
        Assert.That(() => ButlerEndpoint.Parse($"{scheme}://orders:9000/orders"), Throws.ArgumentException.With.Message.Contains("'/orders' does"));
    }

    [Test]
    public void Client_of_a_broker_s_endpoint_is_told_what_reaches_brokers()
    {
        Assert.That(
            () => ButlerClient.Open("butler://broker:9100/5d0f7a52-6f0e-4c55-9b9e-0d5f2f0f8a11"),
            Throws.ArgumentException.With.Message.Contains("a broker is reached by BrokerConsumer and BrokerProvider"));
    }

    [Test]
    public async Task Unix_path_that_leads_nowhere_is_told()
    {
        const string Nowhere = "unix:///nowhere/orders.sock";
        var listening = await Assert.CatchAsync<IOException>(async () => await ButlerServer.StartAsync(Nowhere, _ => { }));
        Assert.That(listening!.Message, Is.EqualTo($"cannot listen on {Nowhere}: there is no directory /nowhere"));
        var failure = await Failing.OfAsync(new ValueTask<ButlerClient>(ButlerClient.ConnectAsync(Nowhere)));
        Assert.That(failure.Message, Does.EndWith("there is no directory /nowhere"));
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.sock");
        failure = await Failing.OfAsync(new ValueTask<ButlerClient>(ButlerClient.ConnectAsync($"unix://{path}")));
        Assert.That(failure.Message, Does.Contain($"there is no socket at {path}; is its server running?"));
    }

    [Test]
    public void Call_whose_deadline_passes_is_told_how_long_it_had()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = async (value, context) =>
            {
                await sim.DelayAsync(TimeSpan.FromMinutes(1));
                return value;
            };
            await using var client = await world.ConnectAsync();
            Assert.That((await Failing.OfAsync(client.CallAsync(Methods.Work, 1))).Message, Does.EndWith("WorkAsync passed: it had 5 s"));
            var hasty = new CallOptions { Timeout = TimeSpan.FromMilliseconds(250) };
            Assert.That((await Failing.OfAsync(client.CallAsync(Methods.Work, 1, new CallContext(hasty)))).Message, Does.EndWith("WorkAsync passed: it had 0.25 s"));
            await sim.DelayAsync(TimeSpan.FromMinutes(1)); // the handlers' pause
        });
    }

    [Test]
    public void Caller_of_a_server_that_logs_nowhere_is_told_that_the_reason_is_lost()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim, o => o with { LoggerFactory = null });
            world.Probe.Work = (_, _) => throw new InvalidOperationException("boom");
            await using var client = await world.ConnectAsync();
            Assert.That(
                (await Failing.OfAsync(client.CallAsync(Methods.Work, 1))).Message,
                Does.EndWith(", and the server logs no errors (ButlerServerOptions.LoggerFactory), so the reason is lost"));
        });
    }

    [Test]
    public void Endpoint_is_shown_as_it_is_written()
    {
        const string Text = "tls://orders:9000?certificate=/etc/my orders/tls.pem&protocols=tls+native&name=a:b";
        Assert.That($"{ButlerEndpoint.Parse(Text)}", Is.EqualTo(Text.Replace(" ", "%20", StringComparison.Ordinal)));
        const string Odd = "tcp://orders:9000?proxy=a%2Cb%26c%3Dd%25";
        Assert.That($"{ButlerEndpoint.Parse(Odd)}", Is.EqualTo(Odd));
    }

    [Test]
    public void Missing_token_is_told_by_connecting()
    {
        Simulation.Run(1, async sim =>
        {
            await using var server = await ButlerServer.StartAsync(
                Endpoint, _ => { }, new ButlerServerOptions { Platform = sim.Platform, Authenticator = (_, _) => default });
            var failure = await Failing.OfAsync(ConnectAsync(sim));
            Assert.That((failure.Status, failure.Reason, failure.Certainty), Is.EqualTo((ButlerStatus.Unauthenticated, ButlerReason.Unauthenticated, ButlerCertainty.NotExecuted)));
            Assert.That(failure.Message, Does.Contain("does not accept the token, or wants one (ButlerClientOptions.Token)"));
        });
    }

    [TestCase("HTTP/1.1 400 Bad Request\r\n\r\n", "before the session was open (is the protocol the right one, with TLS or without? A server is tcp://host:port, a broker butler://host:port/channel)")]
    [TestCase("", "before the session was open (is the protocol the right one, with TLS or without? A server is tcp://host:port, a broker butler://host:port/channel)")]
    [TestCase(null, "10.0.7.1:9000 has taken the connection and not answered the handshake in time (does it speak butler/1?)")]
    public void Port_of_another_protocol_is_told_by_connecting(string? answer, string told)
    {
        Simulation.Run(1, async sim =>
        {
            await using var listener = await sim.Platform.TransportOf(ButlerEndpoint.Parse(Endpoint)).ListenAsync(ButlerEndpoint.Parse(Endpoint), sim.Platform, default);
            var connecting = ConnectAsync(sim);
            var accepted = (await listener.AcceptAsync())!;
            if (answer is { Length: > 0 })
                await accepted.SendAsync(System.Text.Encoding.ASCII.GetBytes(answer));
            if (answer is not null)
                await accepted.DisposeAsync();
            var failure = await Failing.OfAsync(connecting);
            Assert.That(failure.Reason, Is.EqualTo(ButlerReason.NoSession));
            Assert.That(failure.Message, Does.Contain(told));
        });
    }

    [Test]
    public void Call_that_left_with_a_handshake_that_nobody_answers_was_dropped_and_has_not_timed_out()
    {
        Simulation.Run(1, async sim =>
        {
            await using var listener = await sim.Platform.TransportOf(ButlerEndpoint.Parse(Endpoint)).ListenAsync(ButlerEndpoint.Parse(Endpoint), sim.Platform, default);
            await using var client = ButlerClient.Open(Endpoint, new ButlerClientOptions { Platform = sim.Platform, CallTimeout = TimeSpan.FromMinutes(1) });
            var call = client.CallAsync(Methods.Work, 1).AsTask();
            await using var mute = (await listener.AcceptAsync())!;
            var failure = await Failing.OfAsync(new ValueTask(call));
            failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.Unknown, ButlerReason.ConnectionDropped);
            Assert.That(failure.Message, Does.Contain("not answered the handshake in time"));
        });
    }

    [Test]
    public void Reply_that_its_contract_does_not_allow_is_the_servers_fault_and_in_its_log()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Server.Services.Add(new NullProbe());
            await using var client = await world.ConnectAsync();
            var failure = await Failing.OfAsync(client.CallAsync(NullProbe.Give, 1));
            Assert.That((failure.Status, failure.Certainty), Is.EqualTo((ButlerStatus.Internal, ButlerCertainty.Executed)));
            var line = world.Log.Lines.Single(l => l.Id.Id == 1);
            Assert.That(line.Text, Does.Contain($"{failure.ErrorId}"));
            Assert.That(line.Exception!.Message, Does.StartWith("the reply of Tests.INull.GiveAsync cannot be encoded: "));
        });
    }

    [Test]
    public void Handler_of_a_one_way_call_that_throws_is_logged_once()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Note = (_, _) => throw new InvalidOperationException("boom");
            await using var client = await world.ConnectAsync();
            await client.SendAsync(Methods.Note, 1);
            await sim.DelayAsync(TimeSpan.FromMilliseconds(50));
            Assert.That(world.Log.Lines.Where(l => l.Level >= LogLevel.Warning).Select(l => (l.Id.Id, l.Exception?.Message)), Is.EqualTo(new[] { (1, "boom") }));
        });
    }

    [Test]
    public void Request_that_is_too_large_names_the_limit()
    {
        Simulation.Run(1, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Echo, new string('x', 5 << 20)));
            Assert.That(failure.Message, Does.EndWith("; the limit is 4194304 (ButlerLimits.MessageBytes, the smaller one of the two ends)"));
        });
    }

    static ValueTask<ButlerClient> ConnectAsync(Simulation sim) => new(ButlerClient.ConnectAsync(Endpoint, new ButlerClientOptions { Platform = sim.Platform }));

    sealed class NullProbe : IButlerContract<NullProbe>
    {
        public static readonly Method<int, string> Give = new()
        {
            Service = "Tests.INull", Name = "GiveAsync", Code = 70, Shape = MethodShape.Unary, RequestCodec = IntCodec.Instance, ResponseCodec = NoNull.Instance,
        };

        public static ButlerContract<NullProbe> Contract { get; } = new NullContract();

        sealed class NullContract : ButlerContract<NullProbe>
        {
            public override string Name => Give.Service;

            public override IReadOnlyList<Method> Methods => [Give];

            public override NullProbe CreateProxy(CallInvoker invoker) => throw new NotSupportedException();

            public override void Bind(ServiceBinder<NullProbe> binder) => binder.Unary(Give, static (_, _, _) => new(default(string)!));
        }

        sealed class NoNull : Codec.MessageCodec<string>
        {
            public static readonly NoNull Instance = new();

            public override void Write(ref Codec.MessagePackWriter writer, in string value)
            {
                if (value is null)
                    throw new ButlerException(ButlerStatus.InvalidArgument, "string is null, which its contract does not allow", ButlerCertainty.NotExecuted, ButlerReason.BadMessage);
                writer.WriteString(value);
            }

            public override string Read(ref Codec.MessagePackReader reader) => reader.ReadString()!;
        }
    }
}
