using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Calls;

public class InterceptorTests
{
    [Test]
    public void Client_interceptors_run_in_their_order_and_see_request_and_response()
    {
        Simulation.RunMany(20, async sim =>
        {
            var seen = new List<string>();
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync(o => o with { Interceptors = [new Witness("a", seen), new Witness("b", seen)] });
            Assert.That(await client.CallAsync(Methods.Work, 20), Is.EqualTo(20));
            Assert.That(seen, Is.EqualTo(new[] { "a: Work 20", "b: Work 20", "b: gave 20", "a: gave 20" }));
        });
    }

    [Test]
    public void Client_interceptor_can_change_the_request_and_end_the_call_itself()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync(o => o with { Interceptors = [new Changer()] });
            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(101));
            Assert.That(await client.CallAsync(Methods.Work, -1), Is.EqualTo(-1000));
            Assert.That(world.Probe.Started, Is.EqualTo(1));
        });
    }

    [Test]
    public void Server_interceptor_sees_the_failure_of_the_handler()
    {
        Simulation.RunMany(20, async sim =>
        {
            var seen = new List<string>();
            var world = await World.StartAsync(sim);
            world.Server.Services.Use(new ServerWitness(seen));
            world.Probe.Work = (_, _) => throw new ButlerException(ButlerStatus.NotFound, "nothing there");
            await using var client = await world.ConnectAsync();
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 5));
            failure.AssertIs(ButlerStatus.NotFound, ButlerCertainty.Executed, ButlerReason.None);
            Assert.That(seen, Is.EqualTo(new[] { "Work 5", "failed: nothing there" }));
        });
    }

    [Test]
    public void Failure_from_before_the_handler_says_that_the_call_was_not_executed()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Server.Services.Use(new Refuser());
            await using var client = await world.ConnectAsync();
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 5));
            failure.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.None);
            Assert.That(world.Probe.Started, Is.Zero);
        });
    }

    [Test]
    public void Server_interceptor_sees_calls_without_a_result_too()
    {
        Simulation.RunMany(20, async sim =>
        {
            var seen = new List<string>();
            var world = await World.StartAsync(sim);
            world.Server.Services.Use(new ServerWitness(seen));
            await using var client = await world.ConnectAsync();
            await client.InvokeAsync(Methods.Run, 7);
            Assert.That(seen, Is.EqualTo(new[] { "RunAsync 7", "gave Unit { }" }));
        });
    }

    sealed class Witness(string name, List<string> seen) : ClientInterceptor
    {
        public override async ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
            Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
        {
            seen.Add($"{name}: {method.Name.Replace("Async", "")} {request}");
            var response = await next(request, context);
            seen.Add($"{name}: gave {response}");
            return response;
        }
    }

    sealed class Changer : ClientInterceptor
    {
        public override ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
            Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next) => request is < 0
            ? new ValueTask<TResponse>((TResponse)(object)-1000)
            : next((TRequest)(object)((int)(object)request! + 100), context);
    }

    sealed class ServerWitness(List<string> seen) : ServerInterceptor
    {
        public override async ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
            Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next)
        {
            seen.Add($"{(method.Name == "WorkAsync" ? "Work" : method.Name)} {request}");
            try
            {
                var response = await next(request, context);
                seen.Add($"gave {response}");
                return response;
            }
            catch (ButlerException e)
            {
                seen.Add($"failed: {e.Message}");
                throw;
            }
        }
    }

    sealed class Refuser : ServerInterceptor
    {
        public override ValueTask<TResponse> InvokeAsync<TRequest, TResponse>(
            Method<TRequest, TResponse> method, TRequest request, CallContext context, Func<TRequest, CallContext, ValueTask<TResponse>> next) =>
            throw new ButlerException(ButlerStatus.ResourceExhausted, "not now");
    }
}
