using System.Security.Claims;
using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Calls;

public class CallFeatureTests
{
    [Test]
    public void Metadata_travel_with_the_request_and_with_the_reply()
    {
        Simulation.RunMany(50, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Work = (value, context) =>
            {
                context.ResponseMetadata["seen"] = context.Metadata!["tenant"] + "!";
                return new ValueTask<int>(value);
            };
            await using var client = await world.ConnectAsync();
            var answer = new Metadata();
            var options = new CallOptions { Metadata = new Metadata { { "tenant", "Ümlaut" } }, ResponseMetadata = answer };
            Assert.That(await client.CallAsync(Methods.Work, 3, new CallContext(options)), Is.EqualTo(3));
            Assert.That(answer["seen"], Is.EqualTo("Ümlaut!"));
        });
    }

    [Test]
    public void Metadata_travel_with_large_messages_too()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Probe.Bytes = (value, context) =>
            {
                context.ResponseMetadata["echo"] = context.Metadata!["k"];
                return new ValueTask<byte[]>(value);
            };
            await using var client = await world.ConnectAsync();
            var body = new byte[300_000];
            body.AsSpan().Fill(7);
            var answer = new Metadata();
            var options = new CallOptions { Metadata = new Metadata { { "k", "v" } }, ResponseMetadata = answer };
            Assert.That(Bytes.FirstDifference(await client.CallAsync(Methods.Bytes, body, new CallContext(options)), body), Is.Null);
            Assert.That(answer["echo"], Is.EqualTo("v"));
        });
    }

    [Test]
    public void Metadata_above_the_limit_are_refused_before_a_byte_leaves()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            await using var client = await world.ConnectAsync();
            var options = new CallOptions { Metadata = new Metadata { { "k", new string('x', 9000) } } };
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 3, new CallContext(options)));
            failure.AssertIs(ButlerStatus.ResourceExhausted, ButlerCertainty.NotExecuted, ButlerReason.TooLarge);
            Assert.That(await client.CallAsync(Methods.Work, 4), Is.EqualTo(4), "the session goes on");
        });
    }

    [Test]
    public void Declared_fault_reaches_the_caller_with_its_data()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Server.Services.Add(new FaultyService());
            await using var client = await world.ConnectAsync();
            ButlerFaultException<string>? caught = null;
            try
            {
                await client.CallAsync(FaultyService.Fails, 5);
            }
            catch (ButlerFaultException<string> e)
            {
                caught = e;
            }

            Assert.That(caught, Is.Not.Null);
            Assert.That(caught!.Fault, Is.EqualTo("stock 5"));
            caught.AssertIs(ButlerStatus.FailedPrecondition, ButlerCertainty.Executed, ButlerReason.None);
        });
    }

    [Test]
    public void Mapped_exception_reaches_the_caller_with_its_status_and_message()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            world.Server.Services.MapException<KeyNotFoundException>(ButlerStatus.NotFound);
            world.Probe.Work = (_, _) => throw new KeyNotFoundException("no such order");
            await using var client = await world.ConnectAsync();
            var failure = await Failing.OfAsync(client.CallAsync(Methods.Work, 1));
            failure.AssertIs(ButlerStatus.NotFound, ButlerCertainty.Executed, ButlerReason.None);
            Assert.That(failure.Message, Is.EqualTo("no such order"));
        });
    }

    [Test]
    public void Ordered_calls_start_in_their_order_and_one_at_a_time()
    {
        Simulation.RunMany(50, async sim =>
        {
            var service = new LaneService(sim);
            await using var client = await ServedAsync(sim, service);
            var calls = Enumerable.Range(0, 30).Select(i => client.CallAsync(LaneService.Ordered, i).AsTask()).ToArray();
            await Task.WhenAll(calls);
            Assert.That(service.Started, Is.EqualTo(Enumerable.Range(0, 30)));
            Assert.That(service.Most, Is.EqualTo(1));
        });
    }

    [Test]
    public void Method_with_a_limit_runs_no_more_calls_at_once()
    {
        Simulation.RunMany(50, async sim =>
        {
            var service = new LaneService(sim);
            await using var client = await ServedAsync(sim, service);
            await Task.WhenAll(Enumerable.Range(0, 30).Select(i => client.CallAsync(LaneService.Limited, i).AsTask()));
            Assert.That(service.Most, Is.EqualTo(3));
        });
    }

    [Test]
    public void Ordered_one_way_messages_run_in_their_order_and_one_at_a_time()
    {
        Simulation.RunMany(50, async sim =>
        {
            var service = new LaneService(sim);
            await using var client = await ServedAsync(sim, service);
            for (var i = 0; i < 30; i++)
                await client.SendAsync(LaneService.OrderedNote, i);
            await sim.UntilAsync(() => service.Started.Count == 30);
            Assert.That(service.Started, Is.EqualTo(Enumerable.Range(0, 30)));
            Assert.That(service.Most, Is.EqualTo(1));
        });
    }

    [Test]
    public void Ordered_calls_and_messages_of_any_size_start_in_the_order_in_which_they_were_sent()
    {
        Simulation.RunMany(50, async sim =>
        {
            var service = new LaneService(sim);
            await using var client = await ServedAsync(sim, service);
            var sent = Enumerable.Range(0, 20).Select(i =>
            {
                var bytes = new byte[i % 3 == 0 ? 100_000 : 10];
                bytes[0] = (byte)i;
                return (i % 4) switch
                {
                    0 => client.SendAsync(LaneService.OrderedBytesNote, bytes).AsTask(),
                    1 when i % 3 > 0 => client.SendAsync(LaneService.OrderedNote, i).AsTask(),
                    3 when i % 3 > 0 => client.CallAsync(LaneService.Ordered, i).AsTask(),
                    _ => client.CallAsync(LaneService.OrderedBytes, bytes).AsTask(),
                };
            }).ToArray();
            await Task.WhenAll(sent);
            await sim.UntilAsync(() => service.Started.Count == 20);
            Assert.That(service.Started, Is.EqualTo(Enumerable.Range(0, 20)));
        });
    }

    [Test]
    public void Ordered_call_does_not_overtake_a_message_that_waits_for_credit_and_nobody_else_waits_with_it()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim, o => o with { Limits = o.Limits with { NotifiesInFlight = 64 } });
            var service = new LaneService(sim);
            world.Server.Services.Add(service);
            await using var client = await world.ConnectAsync();
            var release = await TakeCreditAsync(world, client);
            var sent = new[]
            {
                client.SendAsync(LaneService.OrderedNote, 1).AsTask(), client.CallAsync(LaneService.Ordered, 2).AsTask(),
                client.SendAsync(LaneService.OrderedNote, 3).AsTask(), client.CallAsync(LaneService.Ordered, 4).AsTask(),
            };
            Assert.That(await client.CallAsync(Methods.Work, 1), Is.EqualTo(1), "it has passed them");
            await sim.SettleAsync();
            Assert.That(service.Started, Is.Empty);
            release.SetResult();
            await Task.WhenAll(sent);
            await sim.UntilAsync(() => service.Started.Count == 4);
            Assert.That(service.Started, Is.EqualTo(new[] { 1, 2, 3, 4 }));
        });
    }

    [Test]
    public void Ordered_message_does_not_overtake_a_call_that_waits_for_a_slot()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim, o => o with { Limits = o.Limits with { CallsInFlight = 1 } });
            var service = new LaneService(sim);
            world.Server.Services.Add(service);
            await using var client = await world.ConnectAsync();
            var sent = new[]
            {
                client.CallAsync(LaneService.Ordered, 6).AsTask(), client.CallAsync(LaneService.Ordered, 1).AsTask(), client.CallAsync(Methods.Work, 7).AsTask(),
                client.SendAsync(LaneService.OrderedNote, 2).AsTask(), client.CallAsync(LaneService.Ordered, 3).AsTask(),
            };
            await Task.WhenAll(sent);
            Assert.That(service.Started, Is.EqualTo(new[] { 6, 1, 2, 3 }));
        });
    }

    [Test]
    public void Ordered_calls_behind_one_that_is_given_up_go_on()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim, o => o with { Limits = o.Limits with { NotifiesInFlight = 64 } });
            var service = new LaneService(sim);
            world.Server.Services.Add(service);
            await using var client = await world.ConnectAsync();
            var release = await TakeCreditAsync(world, client);
            using var source = new CancellationTokenSource();
            var givenUp = client.SendAsync(LaneService.OrderedNote, 1, source.Token).AsTask();
            var behind = client.CallAsync(LaneService.Ordered, 2).AsTask();
            await sim.SettleAsync();
            Assert.That(behind.IsCompleted, Is.False);
            source.Cancel();
            await behind;
            Assert.That(givenUp.IsCanceled);
            release.SetResult();
        });
    }

    // Messages that have all the credit, and keep it until they are released.
    static async Task<TaskCompletionSource> TakeCreditAsync(World world, ButlerClient client)
    {
        var release = new TaskCompletionSource();
        world.Probe.Note = async (_, _) => await release.Task;
        for (var i = 0; i < 64; i++)
            await client.SendAsync(Methods.Note, i);
        return release;
    }

    [Test]
    public void Ordered_call_does_not_overtake_one_that_had_to_wait_and_is_being_encoded()
    {
        Simulation.RunMany(50, async sim =>
        {
            const int Slots = 3;
            var world = await World.StartAsync(sim, o => o with { Limits = o.Limits with { CallsInFlight = Slots } });
            var service = new LaneService(sim);
            world.Server.Services.Add(service);
            var release = new TaskCompletionSource();
            world.Probe.Work = async (value, _) =>
            {
                await release.Task;
                return value;
            };
            await using var client = await world.ConnectAsync();
            var held = Enumerable.Range(0, Slots).Select(i => client.CallAsync(Methods.Work, i).AsTask()).ToArray();
            await sim.SettleAsync();
            var encoded = 0;
            Task<int>? second = null;
            var slow = new Method<int, int>
            {
                Service = "Tests.Lanes", Name = "OrderedAsync", Code = LaneService.Ordered.Code, Shape = MethodShape.Unary, Ordered = true,
                RequestCodec = new UserCodec(_ => second = ++encoded == 2 ? client.CallAsync(LaneService.Ordered, 2).AsTask() : second, _ => { }), ResponseCodec = IntCodec.Instance,
            };
            var first = client.CallAsync(slow, 1).AsTask();
            release.SetResult();
            await Task.WhenAll([.. held, first]);
            await second!;
            Assert.That(service.Started, Is.EqualTo(new[] { 1, 2 }));
        });
    }

    [Test]
    public void One_way_method_with_a_limit_runs_no_more_messages_at_once()
    {
        Simulation.RunMany(50, async sim =>
        {
            var service = new LaneService(sim);
            await using var client = await ServedAsync(sim, service);
            for (var i = 0; i < 30; i++)
                await client.SendAsync(LaneService.LimitedNote, i);
            await sim.UntilAsync(() => service.Started.Count == 30);
            Assert.That(service.Most, Is.EqualTo(3));
        });
    }

    [Test]
    public void Denied_call_never_reaches_the_handler()
    {
        Simulation.RunMany(20, async sim =>
        {
            var world = await World.StartAsync(sim);
            var service = new GuardedService();
            world.Server.Services.AddPolicy("admin", (ClaimsPrincipal? principal) => principal?.Identity?.Name == "root");
            world.Server.Services.Add(service);
            await using var client = await world.ConnectAsync();
            var failure = await Failing.OfAsync(client.CallAsync(GuardedService.Guarded, 1));
            failure.AssertIs(ButlerStatus.Unauthenticated, ButlerCertainty.NotExecuted, ButlerReason.None);
            Assert.That(service.Calls, Is.Zero);
        });
    }

    [Test]
    public void Server_does_not_start_while_a_policy_is_not_defined()
    {
        Simulation.RunMany(1, async sim =>
        {
            try
            {
                await ButlerServer.StartAsync(World.Endpoint, s => s.Add(new GuardedService()), new ButlerServerOptions { Platform = sim.Platform });
                Assert.Fail("it started");
            }
            catch (ArgumentException e)
            {
                Assert.That(e.Message, Does.Contain("policy 'admin'").And.Contain("AddPolicy"));
            }
        });
    }

    [Test]
    public void Hop_keeps_the_remaining_time_and_gets_new_metadata()
    {
        Simulation.RunMany(10, async sim =>
        {
            var world = await World.StartAsync(sim);
            TimeSpan? left = null;
            string? tenant = null;
            world.Probe.Work = async (value, context) =>
            {
                if (value == 0)
                {
                    left = context.RemainingTime;
                    tenant = context.Metadata?["tenant"];
                    return 0;
                }

                await sim.DelayAsync(TimeSpan.FromMilliseconds(300));
                await using var next = await world.ConnectAsync();
                return await next.CallAsync(Methods.Work, 0, context.With(timeout: TimeSpan.FromSeconds(9), metadata: new Metadata { { "tenant", "t" } }));
            };
            await using var client = await world.ConnectAsync();
            await client.CallAsync(Methods.Work, 1, new CallContext(new CallOptions { Timeout = TimeSpan.FromSeconds(1) }));
            Assert.That(left, Is.LessThanOrEqualTo(TimeSpan.FromMilliseconds(700)));
            Assert.That(tenant, Is.EqualTo("t"));
        });
    }

    static async Task<ButlerClient> ServedAsync<T>(Simulation sim, T service)
        where T : class, IButlerContract<T>
    {
        var world = await World.StartAsync(sim);
        world.Server.Services.Add(service);
        return await world.ConnectAsync();
    }

    sealed class LaneService(Simulation sim) : IButlerContract<LaneService>
    {
        public static readonly Method<int, int> Ordered = new()
        {
            Service = "Tests.Lanes", Name = "OrderedAsync", Code = 51, Shape = MethodShape.Unary, Ordered = true, RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
        };

        public static readonly Method<int, int> Limited = new()
        {
            Service = "Tests.Lanes", Name = "LimitedAsync", Code = 52, Shape = MethodShape.Unary, MaxInFlight = 3, RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
        };

        public static readonly Method<int, Unit> OrderedNote = new()
        {
            Service = "Tests.Lanes", Name = "OrderedNoteAsync", Code = 53, Shape = MethodShape.OneWay, Ordered = true, RequestCodec = IntCodec.Instance, ResponseCodec = UnitCodec.Instance,
        };

        public static readonly Method<int, Unit> LimitedNote = new()
        {
            Service = "Tests.Lanes", Name = "LimitedNoteAsync", Code = 54, Shape = MethodShape.OneWay, MaxInFlight = 3, RequestCodec = IntCodec.Instance, ResponseCodec = UnitCodec.Instance,
        };

        public static readonly Method<byte[], int> OrderedBytes = new()
        {
            Service = "Tests.Lanes", Name = "OrderedBytesAsync", Code = 55, Shape = MethodShape.Unary, Ordered = true, RequestCodec = BytesCodec.Instance, ResponseCodec = IntCodec.Instance,
        };

        public static readonly Method<byte[], Unit> OrderedBytesNote = new()
        {
            Service = "Tests.Lanes", Name = "OrderedBytesNoteAsync", Code = 56, Shape = MethodShape.OneWay, Ordered = true, RequestCodec = BytesCodec.Instance, ResponseCodec = UnitCodec.Instance,
        };

        int _running;

        public static ButlerContract<LaneService> Contract { get; } = new HandContract<LaneService>(b =>
        {
            b.Unary(Ordered, (service, value, _) => service.RunAsync(value));
            b.Unary(Limited, (service, value, _) => service.RunAsync(value));
            b.Unary(OrderedBytes, (service, bytes, _) => service.RunAsync(bytes[0]));
            b.OneWay(OrderedBytesNote, async (service, bytes, _) => await service.RunAsync(bytes[0]));
            b.OneWay(OrderedNote, async (service, value, _) => await service.RunAsync(value));
            b.OneWay(LimitedNote, async (service, value, _) => await service.RunAsync(value));
        });

        public List<int> Started { get; } = [];

        public int Most { get; private set; }

        async ValueTask<int> RunAsync(int value)
        {
            Started.Add(value);
            Most = Math.Max(Most, ++_running);
            await sim.DelayAsync(TimeSpan.FromMilliseconds(value % 7));
            _running--;
            return value;
        }
    }

    sealed class GuardedService : IButlerContract<GuardedService>
    {
        public static readonly Method<int, int> Guarded = new()
        {
            Service = "Tests.Guarded", Name = "GuardedAsync", Code = 53, Shape = MethodShape.Unary, Policy = "admin", RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
        };

        public static ButlerContract<GuardedService> Contract { get; } = new HandContract<GuardedService>(b => b.Unary(Guarded, (service, value, _) =>
        {
            service.Calls++;
            return new ValueTask<int>(value);
        }));

        public int Calls { get; private set; }
    }
}
