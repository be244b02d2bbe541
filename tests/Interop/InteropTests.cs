using System.Text.Json.Nodes;
using ButlerRpc.Codec.Tests;

namespace ButlerRpc.Interop.Tests;

sealed class InteropTests
{
    static readonly long[] Integers =
    [
        0, 1, 127, 128, 255, 256, 65535, 65536, uint.MaxValue, 1L + uint.MaxValue, long.MaxValue, -1, -32, -33, -128, -129, -32768, -32769, int.MinValue, int.MinValue - 1L, long.MinValue,
        (1L << 53) - 1, 1L << 53, (1L << 53) + 1, -(1L << 53) - 1,
    ];

    static readonly int[] Lengths = [0, 1, 31, 32, 255, 256, 65535, 65536];
    static readonly Peer[] Peers = [Peer.Python, Peer.Npm];

    /// <summary>Every edge of every form, and random values of every message.</summary>
    static List<(Codecs Codec, object Value)> Corpus(Peer peer)
    {
        var corpus = new List<(Codecs, object)>();
        corpus.AddRange(Integers.Select(i => (Codecs.Of(typeof(Long)), (object)new Long(i))));
        corpus.AddRange(Lengths.Select(n => (Codecs.Of(typeof(Text)), (object)new Text(new string('x', n)))));
        corpus.AddRange(Lengths.Select(n => (Codecs.Of(typeof(Text)), (object)new Text(string.Concat(Enumerable.Repeat("€𝔘", n / 2))))));
        corpus.AddRange(Lengths.Select(n => (Codecs.Of(typeof(Blob)), (object)new Blob(new byte[n]))));
        corpus.AddRange(new[] { 0L, 1, 4294967295, 4294967296, 17179869183, 17179869184, -1 }.SelectMany(s => new[] { 0L, 5, 9_999_999 }.Select(rest =>
            (Codecs.Of(typeof(Moments)), (object)new Moments(new DateTime(DateTime.UnixEpoch.Ticks + (s * TimeSpan.TicksPerSecond) + rest, DateTimeKind.Utc), DateTimeOffset.UnixEpoch, default, default, default)))));
        foreach (var type in Codecs.Messages(typeof(InteropTests).Assembly).Where(t => !(peer.IsJavaScript && t == typeof(IntegerKeys))))
            corpus.AddRange(Enumerable.Range(0, 15).Select(seed => (Codecs.Of(type), new RandomValues(seed).Of(type, 1)!)));
        return corpus;
    }

    [TestCaseSource(nameof(Peers))]
    public void The_peer_decodes_our_bytes_to_the_same_values(Peer peer)
    {
        var corpus = Corpus(peer);
        Assert.That(corpus, Has.Count.GreaterThanOrEqualTo(200));
        var answers = peer.Ask(corpus.Select(c => new JsonObject { ["hex"] = Convert.ToHexStringLower(c.Codec.Encode(c.Value)) }));
        Assert.That(answers, Has.Count.EqualTo(corpus.Count));
        for (var i = 0; i < corpus.Count; i++)
        {
            Assert.That(
                Trees.Canonical(answers[i], peer.IsJavaScript), Is.EqualTo(Trees.Canonical(Trees.Of(corpus[i].Value, corpus[i].Codec.Type), peer.IsJavaScript)),
                $"{corpus[i].Codec} {i}");
        }
    }

    [TestCaseSource(nameof(Peers))]
    public void We_decode_the_peers_bytes_to_the_same_values(Peer peer)
    {
        var corpus = Corpus(peer);
        var answers = peer.Ask(corpus.Select(c => new JsonObject { ["tree"] = Trees.Of(c.Value, c.Codec.Type) }));
        Assert.That(answers, Has.Count.EqualTo(corpus.Count));
        for (var i = 0; i < corpus.Count; i++)
        {
            var back = corpus[i].Codec.Decode(Convert.FromHexString((string)answers[i]!));
            // As trees, since no peer keeps the bits that are in a NaN beside its being one.
            Assert.That(
                Trees.Canonical(Trees.Of(back, corpus[i].Codec.Type), oneKindOfNumber: false), Is.EqualTo(Trees.Canonical(Trees.Of(corpus[i].Value, corpus[i].Codec.Type), oneKindOfNumber: false)),
                $"{corpus[i].Codec} {i}");
        }
    }
}
