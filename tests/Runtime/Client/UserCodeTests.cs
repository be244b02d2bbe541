using System.Runtime.CompilerServices;
using System.Threading.RateLimiting;
using ButlerRpc.Calls;
using ButlerRpc.Client;
using ButlerRpc.Codec;
using ButlerRpc.Platform;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Client;

/// <summary>What the code that users give to a client may do without breaking it.</summary>
public class UserCodeTests
{
    [Test]
    public void Token_provider_that_fails_is_an_attempt_that_failed_and_is_asked_again()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var asked = 0;
            await using var client = fleet.Open(o => o with
            {
                AllowTokenInClear = true,
                Token = _ => ++asked <= 2 ? throw new HttpRequestException("the vault is sealed") : new(new byte[] { 1 }),
            });
            await client.WaitUntilReadyAsync();
            Assert.That((asked, await client.CallAsync(Methods.Work, 1)), Is.EqualTo((3, 1)));
            Assert.That(fleet.Log.Lines.Where(l => l.Id.Id == 7).Select(l => l.Text), Has.Exactly(2).Contains("the vault is sealed"));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void Token_provider_that_takes_longer_than_a_dial_may_is_an_attempt_that_failed()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var failure = await Failing.OfAsync(new ValueTask(fleet.ConnectAsync(o => o with
            {
                AllowTokenInClear = true,
                Token = async token =>
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, sim.Time, token);
                    return default;
                },
            })));
            failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoSession);
            Assert.That(failure.Message, Does.Contain("did not answer within 1 s"));
            await fleet.Servers[0].DisposeAsync();
        });
    }

    [Test]
    public void Connecting_fails_when_the_resolver_names_no_endpoint()
    {
        Simulation.RunMany(20, async sim =>
        {
            var failure = await Failing.OfAsync(new ValueTask(
                ButlerClient.ConnectAsync(new DnsEndpoints("tcp://nobody.example:9000"), new ButlerClientOptions { Platform = sim.Platform })));
            failure.AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.NoSession);
            Assert.That(failure.Message, Does.Contain("nobody.example"));
        });
    }

    [Test]
    public void Client_whose_resolver_fails_at_first_connects_when_it_has_an_answer()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var client = ButlerClient.Open(new LateResolver(Fleet.At(0)), fleet.Options(o => o with { FailOnCutoff = true }));
            (await Failing.OfAsync(client.CallAsync(Methods.Work, 1))).AssertIs(ButlerStatus.Unavailable, ButlerCertainty.NotExecuted, ButlerReason.Cutoff);
            await client.WaitUntilReadyAsync();
            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1));
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void Rate_limiter_that_fails_while_a_call_waits_for_it_fails_the_call()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var client = await fleet.ConnectAsync(o => o with { RateLimiter = new BrokenLimiter(), RateMode = ButlerRateMode.Shape });
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            failure.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.RateLimited);
            Assert.That(failure.InnerException, Is.TypeOf<FormatException>());
            await fleet.DisposeAsync(client);
        });
    }

    [Test]
    public void Message_of_a_void_method_that_cannot_be_encoded_when_its_session_is_there_harms_no_call_that_has_waited_with_it()
    {
        Simulation.RunMany(20, async sim =>
        {
            var fleet = await Fleet.StartAsync(sim, 1);
            var client = fleet.Open();
            var broken = new Method<int, Unit>
            {
                Service = Methods.Service, Name = "Broken", Code = 3, Shape = MethodShape.OneWay,
                RequestCodec = new UserCodec(_ => throw new FormatException("not to be written"), static _ => { }), ResponseCodec = UnitCodec.Instance,
            };
            client.Post(broken, 1);
            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1));
            await fleet.DisposeAsync(client);
        });
    }

    /// <summary>Fails once, and then names one endpoint.</summary>
    sealed class LateResolver(string endpoint) : IEndpointResolver
    {
        bool _failed;

        public async IAsyncEnumerable<IReadOnlyList<ButlerEndpoint>> WatchAsync(ButlerPlatform platform, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), platform.Time, cancellationToken);
            if (!_failed)
            {
                _failed = true;
                throw new FormatException("the list cannot be read");
            }

            yield return [ButlerEndpoint.Parse(endpoint)];
        }
    }

    sealed class BrokenLimiter : RateLimiter
    {
        public override TimeSpan? IdleDuration => null;

        public override RateLimiterStatistics? GetStatistics() => null;

        protected override RateLimitLease AttemptAcquireCore(int permitCount) => new Refused();

        protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) => throw new FormatException("broken");

        sealed class Refused : RateLimitLease
        {
            public override bool IsAcquired => false;

            public override IEnumerable<string> MetadataNames => [];

            public override bool TryGetMetadata(string metadataName, out object? metadata)
            {
                metadata = null;
                return false;
            }
        }
    }
}
