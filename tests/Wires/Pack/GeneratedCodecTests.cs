using ButlerRpc.Codec;

namespace ButlerRpc.Wires.Tests.Pack;

[ButlerMessage(Code = 101, Formats = MessageFormats.Iproto | MessageFormats.IprotoBer)]
public partial record One(byte A, string B);

[ButlerMessage(Code = 102, Formats = MessageFormats.Iproto)]
public partial record Two([property: IprotoBer] uint A, [property: IprotoBer] string B, [property: IprotoBer] ushort[] C, long D);

[ButlerMessage(Code = 103, Formats = MessageFormats.Iproto)]
public partial record struct Inside(short A, byte[] B);

[ButlerMessage(Code = 104, Formats = MessageFormats.Iproto)]
public partial record Outside(uint A, Inside B, List<Inside> C);

[ButlerMessage(Code = 105, Formats = MessageFormats.Iproto)]
public partial record Node(byte Value, List<Node> Children);

public enum Colour : ushort
{
    Red = 1,
    Blue = 258,
}

[ButlerMessage(Code = 106, Formats = MessageFormats.Iproto)]
public partial class Mixed
{
    [ButlerField(0)]
    public bool Flag { get; set; }

    [ButlerField(1)]
    public Colour Colour { get; set; }

    [ButlerField(2)]
    public string? Note { get; set; }

    [ButlerField(3)]
    [ButlerMaxCount(2)]
    public IReadOnlyList<string> Names { get; set; } = [];

    [ButlerField(4)]
    public ReadOnlyMemory<byte> Bytes { get; set; }

    [ButlerField(5)]
    [ButlerMaxLength(3)]
    public required string Short { get; init; }
}

/// <summary>What the compiler makes of <c>Formats = Iproto</c>, against what the reference packs.</summary>
public class GeneratedCodecTests
{
    static string Vector(string value, string mode) =>
        Vectors.Hex(Vectors.Hex(Vectors.Read("iproto-pack.tsv").Single(v => v[0] == value && v[1] == mode)[2]));

    [TestCase("default")]
    [TestCase("ber")]
    public void A_struct_is_packed_as_the_reference_packs_it(string mode)
    {
        Check(new One(15, "  "), Vector("S1{15,\"  \"}", mode));
        Check(new Outside(7, new Inside(-2, [9]), [new Inside(1, [])]), Vector("Out nested", mode), (a, b) =>
            a.A == b.A && a.B.A == b.B.A && a.B.B.SequenceEqual(b.B.B) && a.C.Count == b.C.Count && a.C[0].A == b.C[0].A);
    }

    [TestCase("default")]
    [TestCase("ber")]
    public void Marked_members_are_BER_in_both_modes(string mode) =>
        Check(new Two(258, "hi", [1, 2], -2), Vector("S2{258,\"hi\",{1,2},-2}", mode), (a, b) => (a.A, a.B, a.D) == (b.A, b.B, b.D) && a.C.SequenceEqual(b.C));

    [Test]
    public void Enums_flags_lists_and_bytes_are_packed_member_by_member() => Check(
        new Mixed { Flag = true, Colour = Colour.Blue, Note = null, Names = ["a", "bc"], Bytes = new byte[] { 9 }, Short = "xyz" },
        "01" + "0201" + "00000000" + "02000000" + "0100000061" + "020000006263" + "0100000009" + "0300000078797a",
        (a, b) => (a.Flag, a.Colour, "", a.Short) == (b.Flag, b.Colour, b.Note, b.Short) && a.Names.SequenceEqual(b.Names) && a.Bytes.Span.SequenceEqual(b.Bytes.Span));

    [TestCase("01" + "0201" + "00000000" + "03000000" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000", "elements")]
    [TestCase("01" + "0201" + "00000000" + "00000000" + "00000000" + "0400000078797a7a", "characters")]
    [TestCase("02" + "0201" + "00000000" + "00000000" + "00000000" + "00000000", "bool")]
    public void Limits_of_members_hold_in_the_iproto_form(string bytes, string what)
    {
        var error = Assert.Throws<ButlerException>(() => IprotoUnpack.Message<Mixed>(Vectors.Hex(bytes), out _))!;
        Assert.That((error.Status, error.Reason), Is.EqualTo((ButlerStatus.InvalidArgument, ButlerReason.BadMessage)));
        Assert.That(error.Message, Does.Contain(what));
    }

    [Test]
    public void Every_truncation_of_a_message_is_refused()
    {
        var bytes = IprotoPack.PackMessage(new Outside(7, new Inside(-2, [9]), [new Inside(1, [])]));
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<ButlerException>(() => IprotoUnpack.Message<Outside>(bytes.AsSpan(0, length), out _), $"{length} bytes");
    }

    [Test]
    public void A_message_nested_without_end_is_refused_before_the_stack_is()
    {
        var bytes = Enumerable.Repeat(Vectors.Hex("01" + "01000000"), 100_000).SelectMany(b => b).ToArray();
        var error = Assert.Throws<ButlerException>(() => IprotoUnpack.Message<Node>(bytes, out _))!;
        Assert.That(error.Reason, Is.EqualTo(ButlerReason.TooDeep));
    }

    static void Check<T>(T value, string bytes, Func<T, T, bool>? equal = null)
        where T : IButlerMessage<T>
    {
        Assert.That(Vectors.Hex(IprotoPack.PackMessage(value)), Is.EqualTo(bytes));
        var tail = IprotoUnpack.Message<T>([.. Vectors.Hex(bytes), 0xAB], out var read);
        Assert.That(tail.ToArray(), Is.EqualTo(new byte[] { 0xAB }));
        Assert.That((equal ?? EqualityComparer<T>.Default.Equals)(value, read), Is.True);
    }
}
