using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Iproto;
using ButlerRpc.Testing;
using ButlerRpc.Wires.Tests.Support;

namespace ButlerRpc.Wires.Tests.Iproto;

/// <summary>Members of a group that speak iproto.</summary>
public class GroupTests
{
    const string Endpoint = "tcp://127.0.0.1:3301";

    [Test]
    public void Members_of_both_wires_are_sent_each_message_in_their_form() => Simulation.RunMany(5, async sim =>
    {
        var group = new ButlerGroup<ISums>();
        await using var server = await ButlerServer.StartAsync(
            $"{Endpoint}?protocols=native+iproto",
            s => s.Add<ISums>(new Sums
            {
                OnAdd = (add, context) =>
                {
                    group.Add(context.Peer);
                    return new(new Sum(0));
                },
            }),
            new ButlerServerOptions { Platform = sim.Platform });
        var (spoken, packed) = (new Sums(), new Sums());
        await using var native = await EnterAsync(sim, Endpoint, spoken);
        await using var iproto = await EnterAsync(sim, $"{Endpoint}?framing=iproto", packed);
        Assert.That(group.Count, Is.EqualTo(2));
        await group.All.TellAsync(new Sum(7));
        await sim.SettleAsync();
        Assert.That((spoken.Told, packed.Told), Is.EqualTo((new List<int> { 7 }, new List<int> { 7 })));
        Assert.That(await ((IprotoChannel)iproto.Online()[0]).CallAsync(7, Pack(new Add(1, 2))), Is.EqualTo(new byte[4]), "the connection is as before");
        Assert.That(group.Remove(iproto.Online()[0]), Is.False, "the other end of the connection is no member");
    });

    [Test]
    public void A_channel_is_the_same_member_as_the_peer_of_its_calls() => Simulation.RunMany(5, async sim =>
    {
        var group = new ButlerGroup<ISums>();
        CallInvoker? peer = null;
        await using var server = await ButlerServer.StartAsync(
            $"{Endpoint}?framing=iproto",
            s => s.Add<ISums>(new Sums
            {
                OnAdd = (add, context) =>
                {
                    peer = context.Peer;
                    return new(new Sum(0));
                },
            }),
            new ButlerServerOptions { Platform = sim.Platform, Iproto = new IprotoOptions { Init = (channel, _) => new(Task.FromResult(group.Add(channel))) } });
        var told = new Sums();
        await using var client = await EnterAsync(sim, $"{Endpoint}?framing=iproto", told);
        Assert.That((group.Count, group.Add(peer!)), Is.EqualTo((1, false)));
        await group.All.TellAsync(new Sum(3));
        await sim.SettleAsync();
        Assert.That(told.Told, Is.EqualTo(new[] { 3 }));
        Assert.That(group.Remove(peer!));
    });

    [Test]
    public void A_message_to_a_member_is_a_packet_that_asks_for_no_answer() => Simulation.Run(1, async sim =>
    {
        var group = new ButlerGroup<ISums>();
        await using var server = await ButlerServer.StartAsync(
            $"{Endpoint}?framing=iproto", _ => { },
            new ButlerServerOptions { Platform = sim.Platform, Iproto = new IprotoOptions { Init = (channel, _) => new(Task.FromResult(group.Add(channel))) } });
        await using var peer = await SimPeer.DialAsync(sim.Platform, Endpoint);
        await sim.SettleAsync();
        await group.All.TellAsync(new Sum(7));
        await peer.ExpectAsync(Vectors.Hex("09000000 04000000 00000000 07000000"));
    });

    static async Task<ButlerClient> EnterAsync(Simulation sim, string endpoint, Sums sums)
    {
        var client = await ButlerClient.ConnectAsync(endpoint, new ButlerClientOptions { Platform = sim.Platform });
        client.Services.Add<ISums>(sums);
        await client.Create<ISums>().AddAsync(new Add(1, 2));
        return client;
    }

    static byte[] Pack(Add add) => [.. BitConverter.GetBytes(add.Left), .. BitConverter.GetBytes(add.Right)];
}
