using ButlerRpc.Codec;

namespace ButlerRpc.Wires.Tests.Pack;

public class PackLimitTests
{
    [TestCase("ffffff7f")]
    [TestCase("ffffffff")]
    [TestCase("05000000" + "01020304")]
    public void A_count_beyond_what_is_left_is_refused_before_anything_is_allocated(string bytes)
    {
        var body = Vectors.Hex(bytes);
        Refused(() => IprotoUnpack.Bytes(body, out _));
        Refused(() => IprotoUnpack.String(body, out _));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(() => IprotoUnpack.Slice<long>(body, out _, (ref IprotoReader r) => r.ReadInt64()));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100_000));
    }

    [Test]
    public void A_count_stays_bounded_in_the_lenient_mode_too() =>
        Refused(() => IprotoUnpack.Slice<byte>(Vectors.Hex("ffffff7f"), out _, (ref IprotoReader r) => r.ReadByte(), lenient: true));

    [Test]
    public void A_truncated_integer_is_an_error()
    {
        Refused(() => IprotoUnpack.UInt32([1, 2], out _));
        Refused(() => IprotoUnpack.UInt64([1, 2, 3, 4, 5, 6, 7], out _));
        Refused(() => IprotoUnpack.UInt16([1], out _));
        Refused(() => IprotoUnpack.Byte([], out _));
    }

    [Test]
    public void A_truncated_integer_is_padded_in_the_lenient_mode()
    {
        var tail = IprotoUnpack.UInt32([2, 1], out var value, lenient: true);
        Assert.That(value, Is.EqualTo(258));
        Assert.That(tail.Length, Is.Zero);
    }

    [TestCase("83ffff7f", 2)] // 4 bytes
    [TestCase("84807f", 2)] // 0x1007F
    [TestCase("9080808000", 4)] // 2^32
    [TestCase("80808080808000", 4)]
    [TestCase("82ffffffffffffffff7f", 8)] // 2^64 and more
    [TestCase("8080808080808080808000", 8)]
    public void A_BER_integer_beyond_its_width_is_refused(string bytes, int width) => Refused(() => ReadBer(Vectors.Hex(bytes), width));

    [TestCase("808001", 2)]
    [TestCase("8080808001", 4)]
    [TestCase("80808080808080808001", 8)]
    public void An_overlong_BER_integer_is_accepted_within_its_bytes(string bytes, int width) => Assert.That(ReadBer(Vectors.Hex(bytes), width), Is.EqualTo(1));

    [Test]
    public void A_BER_integer_that_does_not_end_is_refused() => Refused(() => IprotoUnpack.UInt32([0x81, 0x80], out _, IprotoMode.Ber));

    [Test]
    public void A_string_that_is_no_UTF8_is_refused_unless_lenient()
    {
        byte[] cp1251 = [2, 0, 0, 0, 0xCF, 0xF0];
        Refused(() => IprotoUnpack.String(cp1251, out _));
        IprotoUnpack.String(cp1251, out var text, lenient: true);
        Assert.That(text, Is.EqualTo("\uFFFD\uFFFD"));
    }

    static ulong ReadBer(byte[] bytes, int width)
    {
        switch (width)
        {
            case 2:
                IprotoUnpack.UInt16(bytes, out var small, IprotoMode.Ber);
                return small;
            case 4:
                IprotoUnpack.UInt32(bytes, out var medium, IprotoMode.Ber);
                return medium;
            default:
                IprotoUnpack.UInt64(bytes, out var large, IprotoMode.Ber);
                return large;
        }
    }

    delegate void Reading();

    static void Refused(Reading reading)
    {
        var error = Assert.Throws<ButlerException>(() => reading())!;
        Assert.That((error.Status, error.Reason), Is.EqualTo((ButlerStatus.InvalidArgument, ButlerReason.BadMessage)));
    }
}
