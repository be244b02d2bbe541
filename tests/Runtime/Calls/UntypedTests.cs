using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Calls;

/// <summary>Calls by code with bytes.</summary>
public sealed class UntypedTests
{
    static readonly byte[] Some = [1, 2, 0xC1, 0xFF]; // no MessagePack

    [Test]
    public void Bytes_reach_the_handler_of_their_code_and_its_bytes_come_back()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Server.Services.Handle(77, (code, body, _) => new(new byte[] { (byte)code, (byte)body.Length }));
            await using var client = await world.ConnectAsync();
            Assert.That(await client.CallAsync(77, Some), Is.EqualTo(new byte[] { 77, 4 }));
            Assert.That(await client.CallAsync(77, default), Is.EqualTo(new byte[] { 77, 0 }));
        });
    }

    [Test]
    public void Large_bytes_pass_both_ways()
    {
        Simulation.RunMany(3, async sim =>
        {
            sim.Network.Chunks = SimChunks.Whole;
            var world = await World.StartAsync(sim);
            world.Server.Services.HandleUnmatched((_, body, _) => new(body));
            await using var client = await world.ConnectAsync();
            var bytes = new byte[300_000];
            sim.Random.NextBytes(bytes);
            Assert.That(Bytes.FirstDifference(await client.CallAsync(0xABCD, bytes), bytes), Is.Null);
        });
    }

    [Test]
    public void Codes_that_nobody_has_reach_the_handler_of_unmatched_codes_and_typed_methods_come_first()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            var seen = new List<uint>();
            world.Server.Services.Handle(77, (_, _, _) => new(Some)).HandleUnmatched((code, body, _) =>
            {
                seen.Add(code);
                return new(body);
            });
            await using var client = await world.ConnectAsync();
            await client.CallAsync(77, Some);
            await client.CallAsync(78, Some);
            await client.NotifyAsync(79, Some);
            Assert.That(await client.CallAsync(Methods.Work.Code, new byte[] { 42 }), Is.EqualTo(new byte[] { 42 }), "the encoded request of a typed method");
            await sim.SettleAsync();
            Assert.That(seen, Is.EqualTo(new uint[] { 78, 79 }));
            world.Server.Services.HandleUnmatched(null);
            (await Failing.OfAsync(client.CallAsync(78, Some))).AssertIs(ButlerStatus.Unimplemented, ButlerCertainty.NotExecuted, ButlerReason.UnknownMethod);
        });
    }

    [Test]
    public void One_way_bytes_arrive_and_their_credit_comes_back()
    {
        Simulation.RunMany(3, async sim =>
        {
            var world = await World.StartAsync(sim);
            var got = 0;
            world.Server.Services.Handle(77, (_, body, _) =>
            {
                got += body.Length;
                return new(Some);
            });
            await using var client = await world.ConnectAsync();
            for (var i = 0; i < 3000; i++)
                await client.NotifyAsync(77, Some);
            await sim.SettleAsync();
            Assert.That(got, Is.EqualTo(3000 * 4));
        });
    }

    [Test]
    public void Handler_of_bytes_that_fails_fails_its_call()
    {
        Simulation.RunMany(5, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Server.Services.Handle(77, (_, _, _) => throw new ButlerException(ButlerStatus.NotFound, "no such bytes"));
            await using var client = await world.ConnectAsync();
            var failure = await Failing.OfAsync(client.CallAsync(77, Some));
            Assert.That((failure.Status, failure.Certainty, failure.Message), Is.EqualTo((ButlerStatus.NotFound, ButlerCertainty.Executed, "no such bytes")));
        });
    }

    [Test]
    public void Handler_of_bytes_has_a_context_and_may_call_back()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Server.Services.Handle(77, async (_, body, context) =>
            {
                Assert.That(context.RemainingTime, Is.InRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)));
                return await context.Peer.CallAsync(5, body, context);
            });
            await using var client = await world.ConnectAsync();
            client.Services.Handle(5, (_, body, _) => new(body.ToArray().Reverse().ToArray()));
            Assert.That(await client.CallAsync(77, Some, new CallContext(new CallOptions { Timeout = TimeSpan.FromSeconds(2) })), Is.EqualTo(Some.Reverse()));
        });
    }

    [Test]
    public void Interceptors_see_calls_by_code_too()
    {
        Simulation.RunMany(5, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Server.Services.Handle(77, (_, body, _) => new(body)).Use(new Refuser());
            await using var client = await world.ConnectAsync();
            Assert.That((await Failing.OfAsync(client.CallAsync(77, Some))).Status, Is.EqualTo(ButlerStatus.PermissionDenied));
        });
    }

    sealed class Refuser : ServerInterceptor
    {
        public override ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
            Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next) =>
            throw new ButlerException(ButlerStatus.PermissionDenied, method.FullName);
    }
}
