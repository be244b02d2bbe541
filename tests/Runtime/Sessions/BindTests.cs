using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Sessions;

/// <summary>Calls that wait for the verdict on a difference of contracts are calls like others: deadline, token and the end of the session reach them.</summary>
public class BindTests
{
    static readonly Method<int, int> Shaped = new()
    {
        Service = Methods.Service, Name = "ShapedAsync", Code = 2, Shape = MethodShape.Unary, ShapeHash = 77, ContractLines = ["x"],
        RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
    };

    [Test]
    public void Refused_call_whose_SCHEMA_never_comes_ends_at_its_deadline()
    {
        Simulation.RunMany(20, async sim =>
        {
            var raw = await RefuseAsync(sim);
            var begun = sim.Time.Elapsed;
            var failure = await Failing.OfAsync(raw.Call);
            Assert.That(failure.Status, Is.EqualTo(ButlerStatus.DeadlineExceeded));
            Assert.That(sim.Time.Elapsed - begun, Is.LessThan(TimeSpan.FromSeconds(5.1)));
        });
    }

    [Test]
    public void Refused_call_can_be_cancelled_at_any_moment()
    {
        Simulation.RunMany(50, async sim =>
        {
            using var source = new CancellationTokenSource();
            var raw = await RefuseAsync(sim, source.Token);
            if (sim.Random.Chance(0.5))
                await sim.SettleAsync();
            source.Cancel();
            await CancellationTests.AssertCancelledAsync(raw.Call, source.Token);
        });
    }

    static async Task<(RawSession Raw, ValueTask<int> Call)> RefuseAsync(Simulation sim, CancellationToken token = default)
    {
        var raw = await RawSession.DialsAsync(sim);
        raw.Session.Announce(Shaped.Service, [Shaped]);
        var call = raw.Session.CallAsync(Shaped, 1, token);
        await raw.Peer.ExpectFrameAsync(0x03);
        var request = await raw.Peer.ExpectFrameAsync(Wire.Request);
        await raw.Peer.SendAsync(Wire.ErrorFrame(request.Call, 9, 1, 13, "another shape"));
        return (raw, call);
    }
}
