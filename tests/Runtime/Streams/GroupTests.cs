using ButlerRpc.Calls;
using ButlerRpc.Runtime.Tests.Support;
using ButlerRpc.Testing;

namespace ButlerRpc.Runtime.Tests.Streams;

public class GroupTests
{
    [Test]
    public void Message_to_all_except_one_or_of_a_key_reaches_just_those()
    {
        Simulation.RunMany(20, async sim =>
        {
            var room = await Room.StartAsync(sim, members: 6);
            room.Group.All.Say(1);
            await sim.SettleAsync();
            Assert.That(room.Heard, Has.All.EqualTo(new[] { 1 }));

            room.Group.Except(room.Peers[2]).Say(2);
            room.Group.Of("odd").Say(3);
            room.Group.Of("nobody").Say(4);
            await sim.SettleAsync();
            for (var i = 0; i < 6; i++)
                Assert.That(room.Heard[i], Is.EquivalentTo(new[] { 1 }.Concat(i == 2 ? [] : [2]).Concat(i % 2 == 1 ? [3] : [])), $"member {i}");

            Assert.That(room.Group.Remove(room.Peers[1]), Is.True);
            Assert.That(room.Group.Remove(room.Peers[1]), Is.False);
            Assert.That(room.Group.Add(room.Peers[0]), Is.False, "a member twice");
            room.Group.Of("odd").Say(5);
            await sim.SettleAsync();
            Assert.That(room.Heard.Select(h => h.Contains(5)), Is.EqualTo(new[] { false, false, false, true, false, true }));
            Assert.That(room.Group.Count, Is.EqualTo(5));
        });
    }

    [Test]
    public void Session_is_the_same_member_as_the_peer_of_its_handlers()
    {
        Simulation.RunMany(5, async sim =>
        {
            var room = await Room.StartAsync(sim, members: 2);
            var session = ButlerSession.Of(room.Peers[0]);
            Assert.That((room.Group.Add(session), room.Group.Remove(session), room.Group.Add(session), room.Group.Add(room.Peers[0])), Is.EqualTo((false, true, true, false)));
            room.Group.All.Say(1);
            await sim.SettleAsync();
            room.Group.Except(session).Say(2);
            await sim.SettleAsync();
            Assert.That(room.Heard, Is.EqualTo(new[] { new[] { 1 }, [1, 2] }));
        });
    }

    [Test]
    public void Message_to_many_is_encoded_once()
    {
        Simulation.RunMany(1, async sim =>
        {
            var room = await Room.StartAsync(sim, members: 100);
            Listener.Encoded = 0;
            room.Group.All.Say(1);
            await sim.SettleAsync();
            Assert.That(room.Heard, Has.All.EqualTo(new[] { 1 }));
            Assert.That(Listener.Encoded, Is.EqualTo(1));
        });
    }

    [Test]
    public void Member_whose_session_ends_leaves_by_itself()
    {
        Simulation.RunMany(20, async sim =>
        {
            var room = await Room.StartAsync(sim, members: 4);
            sim.Network.Links[1].Reset();
            await sim.SettleAsync();
            Assert.That(room.Group.Count, Is.EqualTo(3));
            room.Group.All.Say(1);
            await sim.SettleAsync();
            Assert.That(room.Heard.Sum(h => h.Count), Is.EqualTo(3));
            Assert.That(room.Group.Add(room.Peers[1]), Is.False, "a session that has ended");
            Assert.That(room.Group.Count, Is.EqualTo(3));
        });
    }

    [Test]
    public void Method_with_an_answer_is_refused_on_a_group()
    {
        Simulation.RunMany(5, async sim =>
        {
            var room = await Room.StartAsync(sim, members: 2);
            var failure = await Failing.OfAsync(room.Group.All.AskAsync(1));
            failure.AssertIs(ButlerStatus.FailedPrecondition, ButlerCertainty.NotExecuted, ButlerReason.None);
            Assert.That(failure.Message, Does.Contain("Tests.IListener.AskAsync").And.Contains("one-way"));
            Assert.Throws<ArgumentException>(() => room.Group.Add(room.Clients[0]));
        });
    }

    [Test]
    public void Slow_member_is_dropped_and_never_slows_the_others()
    {
        Simulation.RunMany(5, async sim =>
        {
            var dropped = new List<CallInvoker>();
            var room = await Room.StartAsync(sim, members: 4, onDropped: dropped.Add);
            sim.Network.Links[3].Stall();
            for (var i = 0; i < 3000; i++)
            {
                room.Group.All.Say(i);
                if (i % 100 == 99)
                    await sim.SettleAsync();
            }

            Assert.That(dropped, Is.EqualTo(new[] { room.Peers[3] }));
            Assert.That(room.Group.Count, Is.EqualTo(3));
            foreach (var heard in room.Heard.Take(3))
                Assert.That(heard, Is.EquivalentTo(Enumerable.Range(0, 3000)));
        });
    }

    [Test]
    public void Callback_for_a_dropped_member_that_throws_keeps_no_message_from_the_others()
    {
        Simulation.RunMany(5, async sim =>
        {
            var room = await Room.StartAsync(sim, members: 3, onDropped: _ => throw new InvalidOperationException("a callback of the user"));
            sim.Network.Links[0].Stall();
            for (var i = 0; i < 3000; i++)
            {
                room.Group.All.Say(i);
                if (i % 100 == 99)
                    await sim.SettleAsync();
            }

            Assert.That(room.Group.Count, Is.EqualTo(2));
            foreach (var heard in room.Heard.Skip(1))
                Assert.That(heard, Is.EquivalentTo(Enumerable.Range(0, 3000)));
        });
    }

    [Test]
    public void Slow_member_that_is_conflated_is_sent_the_latest_when_it_goes_on()
    {
        Simulation.RunMany(5, async sim =>
        {
            var room = await Room.StartAsync(sim, members: 3, slow: SlowMember.Conflate);
            sim.Network.Links[2].Stall();
            for (var i = 0; i < 5000; i++)
            {
                room.Group.All.Say(i);
                if (i % 100 == 99)
                    await sim.SettleAsync();
            }

            Assert.That(room.Heard[2], Is.Empty);
            sim.Network.Links[2].Resume();
            await sim.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.That(room.Heard[0], Is.EquivalentTo(Enumerable.Range(0, 5000)));
            Assert.That(room.Heard[2].Max(), Is.EqualTo(4999), "the last state arrives");
            Assert.That(room.Heard[2], Has.Count.LessThan(1100));
            room.Group.All.Say(5000);
            await sim.SettleAsync();
            Assert.That(room.Heard, Has.All.Contains(5000));
        });
    }

    [Test]
    public void Member_that_is_removed_is_not_sent_what_was_kept_for_it()
    {
        Simulation.RunMany(5, async sim =>
        {
            var room = await Room.StartAsync(sim, members: 1, slow: SlowMember.Conflate);
            sim.Network.Links[0].Stall();
            for (var i = 0; i < 2000; i++)
            {
                room.Group.All.Say(i);
                if (i % 100 == 99)
                    await sim.SettleAsync();
            }

            Assert.That(room.Group.Remove(room.Peers[0]), Is.True);
            sim.Network.Links[0].Resume();
            await sim.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.That(room.Heard[0], Is.Not.Empty.And.None.EqualTo(1999));
        });
    }

    [Test]
    [NonParallelizable]
    public async Task Message_to_a_thousand_members_allocates_nothing_per_member()
    {
        const int Members = 1000;
        const int Messages = 60;
        var group = new ButlerGroup<IListener>();
        const int PerRound = Messages * Members;
        var heard = 0;
        using var all = new SemaphoreSlim(0);
        await using var server = await ButlerServer.StartAsync("mem://group-allocation", s => s.Add(new Desk { Join = (key, peer) => group.Add(peer, key) }));
        var clients = new List<ButlerClient>();
        for (var i = 0; i < Members; i++)
        {
            clients.Add(await ButlerClient.ConnectAsync("mem://group-allocation"));
            clients[i].Add<IListener>(new Listener { OnSay = _ => Hear() });
            await clients[i].CallAsync(Desk.JoinMethod, 0);
        }

        void Hear()
        {
            if (Interlocked.Increment(ref heard) % PerRound == 0)
                all.Release();
        }

        var least = double.MaxValue;
        var rounds = 0;
        Listener.Encoded = 0;
        for (; rounds < 20 && least >= 0.5; rounds++) // buffers grow while members are slow; what counts is that they stop
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Messages; i++)
                group.All.Say(i);
            var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)PerRound;
            least = Math.Min(least, bytes);
            await all.WaitAsync();
            Assert.That(heard, Is.EqualTo((rounds + 1) * PerRound));
        }

        Assert.That(group.Count, Is.EqualTo(Members));
        Assert.That(Listener.Encoded, Is.EqualTo(rounds * Messages), "a message is encoded once, not once per member");
        Assert.That(least, Is.LessThan(0.5));
        await Task.WhenAll(clients.Select(c => c.DisposeAsync().AsTask()));
    }

    /// <summary>A server with a group that its clients have joined.</summary>
    sealed class Room
    {
        public required ButlerGroup<IListener> Group { get; init; }

        public List<CallInvoker> Peers { get; } = [];

        public List<ButlerClient> Clients { get; } = [];

        public List<List<int>> Heard { get; } = [];

        public static async Task<Room> StartAsync(Simulation sim, int members, SlowMember slow = SlowMember.Drop, Action<CallInvoker>? onDropped = null)
        {
            sim.Network.Records = false;
            var room = new Room { Group = new ButlerGroup<IListener>(slow) { OnDropped = onDropped } };
            var desk = new Desk
            {
                Join = (key, peer) =>
                {
                    Assert.That(room.Group.Add(peer, key % 2 == 1 ? "odd" : "even"), Is.True);
                    room.Peers.Add(peer);
                },
            };
            await ButlerServer.StartAsync(World.Endpoint, s => s.Add(desk), new ButlerServerOptions { Platform = sim.Platform });
            for (var i = 0; i < members; i++)
            {
                var heard = new List<int>();
                room.Heard.Add(heard);
                var client = await ButlerClient.ConnectAsync(World.Endpoint, new ButlerClientOptions { Platform = sim.Platform });
                room.Clients.Add(client.Add<IListener>(new Listener { OnSay = heard.Add }));
                await client.CallAsync(Desk.JoinMethod, i);
            }

            return room;
        }
    }

    /// <summary>Where clients say that they are there.</summary>
    sealed class Desk : IButlerContract<Desk>
    {
        public static readonly Method<int, int> JoinMethod = Methods.Unary("JoinAsync", 60, IntCodec.Instance, IntCodec.Instance);

        public static ButlerContract<Desk> Contract { get; } = new DeskContract();

        public required Action<int, CallInvoker> Join { get; init; }

        sealed class DeskContract : ButlerContract<Desk>
        {
            public override string Name => "Tests.IDesk";

            public override IReadOnlyList<Method> Methods => [JoinMethod];

            public override Desk CreateProxy(CallInvoker invoker) => throw new NotSupportedException();

            public override void Bind(ServiceBinder<Desk> binder) => binder.Unary(JoinMethod, static (desk, key, context) =>
            {
                desk.Join(key, context.Peer);
                return new ValueTask<int>(key);
            });
        }
    }
}

/// <summary>What members hear. The contract is written by hand, as the compiler would write it.</summary>
interface IListener : IButlerContract<IListener>
{
    static ButlerContract<IListener> IButlerContract<IListener>.Contract => Listener.ContractInstance;

    void Say(int what);

    ValueTask<int> AskAsync(int what);
}

sealed class Listener : IListener
{
    /// <summary>How often a message was encoded.</summary>
    public static int Encoded;

    public static readonly ButlerContract<IListener> ContractInstance = new ListenerContract();

    static readonly Method<int, Unit> SayMethod = new()
    {
        Service = "Tests.IListener", Name = "Say", Code = 61, Shape = MethodShape.OneWay, RequestCodec = new CountingCodec(), ResponseCodec = Codec.UnitCodec.Instance,
    };

    static readonly Method<int, int> AskMethod = new()
    {
        Service = "Tests.IListener", Name = "AskAsync", Code = 62, Shape = MethodShape.Unary, RequestCodec = IntCodec.Instance, ResponseCodec = IntCodec.Instance,
    };

    public required Action<int> OnSay { get; init; }

    public void Say(int what) => OnSay(what);

    public ValueTask<int> AskAsync(int what) => new(what);

    sealed class CountingCodec : Codec.MessageCodec<int>
    {
        public override bool EncodesInPlace => true;

        public override void Write(ref Codec.MessagePackWriter writer, in int value)
        {
            Interlocked.Increment(ref Encoded);
            writer.WriteInt64(value);
        }

        public override int Read(ref Codec.MessagePackReader reader) => reader.ReadInt32();
    }

    sealed class Proxy(CallInvoker invoker) : IListener
    {
        public void Say(int what) => invoker.Post(SayMethod, what);

        public ValueTask<int> AskAsync(int what) => invoker.CallAsync(AskMethod, what);
    }

    sealed class ListenerContract : ButlerContract<IListener>
    {
        public override string Name => "Tests.IListener";

        public override IReadOnlyList<Method> Methods => [SayMethod, AskMethod];

        public override IListener CreateProxy(CallInvoker invoker) => new Proxy(invoker);

        public override void Bind(ServiceBinder<IListener> binder)
        {
            binder.OneWay(SayMethod, static (listener, what, _) =>
            {
                listener.Say(what);
                return default;
            });
            binder.Unary(AskMethod, static (listener, what, _) => listener.AskAsync(what));
        }
    }
}
