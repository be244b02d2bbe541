using ButlerRpc.Iproto;
using ButlerRpc.Wires.Tests.Support;

namespace ButlerRpc.Wires.Tests.Iproto;

/// <summary>What was recorded between a raw peer and the reference's echo server, byte for byte against ours.</summary>
public class TranscriptTests
{
    static readonly IprotoMux Echo = new IprotoMux().Handle(7, Reply).Handle(1, Reply);

    static async ValueTask Reply(IprotoChannel channel, IprotoPacket packet, CancellationToken cancellationToken) =>
        await channel.SendAsync(IprotoPacket.ResponseTo(packet, packet.Body), cancellationToken);

    [Test]
    public async Task The_recorded_conversation_with_the_reference_server_replays_byte_for_byte()
    {
        await using var server = await ButlerServer.StartAsync("iproto://127.0.0.1:0", s => s.AddPackets(Echo));
        using var peer = await RawPeer.DialAsync(server.Endpoints[0]);
        var lines = Vectors.Read("iproto-transcript.tsv").Select(l => l[0]).ToList();
        var end = lines.IndexOf("<- EOF");
        foreach (var line in lines.Take(end))
        {
            if (line.StartsWith("->", StringComparison.Ordinal))
                await peer.SendAsync(Vectors.Hex(line[2..]));
            else
                await peer.ExpectAsync(Vectors.Hex(line[2..]));
        }

        await peer.ExpectEndAsync();
    }

    [Test]
    public async Task The_first_calls_of_the_reference_client_are_answered()
    {
        await using var server = await ButlerServer.StartAsync("iproto://127.0.0.1:0", s => s.AddPackets(Echo));
        using var peer = await RawPeer.DialAsync(server.Endpoints[0]);
        var lines = Vectors.Read("iproto-transcript.tsv").Select(l => l[0]).ToList();
        foreach (var line in lines.Skip(lines.IndexOf("<- EOF") + 1))
        {
            var call = Vectors.Hex(line[2..]);
            await peer.SendAsync(call);
            await peer.ExpectAsync(call);
        }
    }

    [Test]
    public async Task Every_recorded_frame_is_what_the_client_side_reads_and_writes()
    {
        foreach (var vector in Vectors.Read("iproto-frames.tsv"))
        {
            var bytes = Vectors.Hex(vector[1]);
            var framing = new ButlerRpc.Framing.IprotoFraming(new IprotoOptions());
            var header = framing.ReadHeader(bytes, framing.MaxFrame);
            Assert.That(bytes, Has.Length.EqualTo(12 + header.Length), vector[0]);
            var written = new byte[12];
            framing.WriteHeader(written, header);
            Assert.That(written, Is.EqualTo(bytes[..12]), vector[0]);
        }

        await Task.CompletedTask;
    }
}
