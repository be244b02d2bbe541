using ButlerRpc.Streams;

namespace ButlerRpc.Wires.Tests.Streams;

public class LengthPrefixTests
{
    [Test]
    public void A_BuffStreams_header_is_as_recorded_both_ways()
    {
        var prefix = LengthPrefix.BuffStreams();
        foreach (var vector in Vectors.Read("length-prefix.tsv"))
        {
            var header = new byte[prefix.MostBytes];
            Assert.That(prefix.Write(header, int.Parse(vector[0])), Is.EqualTo(3));
            Assert.That(Vectors.Hex(header), Is.EqualTo(Vectors.Hex(Vectors.Hex(vector[1]))));
            Assert.That(prefix.TryRead(Vectors.Hex(vector[1]), out var size, out var length), Is.True);
            Assert.That((size, length), Is.EqualTo((3, long.Parse(vector[0]))));
        }
    }

    [TestCase(1, 2)]
    [TestCase(255, 2)]
    [TestCase(256, 3)]
    [TestCase(4096, 3)]
    [TestCase(65535, 3)]
    [TestCase(65536, 4)]
    [TestCase((1 << 24) - 1, 4)]
    [TestCase(1 << 24, 5)]
    [TestCase(int.MaxValue, 5)]
    public void A_BuffStreams_header_has_as_many_bytes_as_the_maximum_asks_for(int max, int bytes)
    {
        var prefix = LengthPrefix.BuffStreams(max);
        var header = new byte[8];
        Assert.That(prefix.Write(header, max), Is.EqualTo(bytes));
        Assert.That(prefix.TryRead(header, out _, out var length), Is.True);
        Assert.That(length, Is.EqualTo(max));
    }

    [TestCase(1, true, "7f")]
    [TestCase(2, true, "007f")]
    [TestCase(2, false, "7f00")]
    [TestCase(4, true, "0000007f")]
    [TestCase(4, false, "7f000000")]
    [TestCase(8, true, "000000000000007f")]
    [TestCase(8, false, "7f00000000000000")]
    public void A_fixed_prefix_has_its_bytes_in_its_order(int bytes, bool bigEndian, string header)
    {
        var prefix = LengthPrefix.Fixed(bytes, bigEndian);
        var written = new byte[8];
        Assert.That(prefix.Write(written, 0x7F), Is.EqualTo(bytes));
        Assert.That(Vectors.Hex(written.AsSpan(0, bytes)), Is.EqualTo(header));
        Assert.That(prefix.TryRead(written.AsSpan(0, bytes), out var size, out var length), Is.True);
        Assert.That((size, length), Is.EqualTo((bytes, 0x7FL)));
        Assert.That(prefix.TryRead(written.AsSpan(0, bytes - 1), out _, out _), Is.False);
    }

    [TestCase(0, "00")]
    [TestCase(127, "7f")]
    [TestCase(300, "ac02")]
    public void A_varint_is_that_of_delimited_protobuf(int length, string header)
    {
        var written = new byte[10];
        var size = LengthPrefix.Varint().Write(written, length);
        Assert.That(Vectors.Hex(written.AsSpan(0, size)), Is.EqualTo(header));
        Assert.That(LengthPrefix.Varint().TryRead(written.AsSpan(0, size), out var read, out var value), Is.True);
        Assert.That((read, value), Is.EqualTo((size, (long)length)));
    }

    [Test]
    public void A_header_that_cannot_be_of_the_same_maximum_says_so()
    {
        // The second header byte of a peer with a larger maximum, or text.
        var error = Assert.Throws<InvalidDataException>(() => LengthPrefix.BuffStreams(4096).TryRead([0x0A, 0x00, 0x68], out _, out _))!;
        Assert.That(error.Message, Does.Contain("MaxMessageSize"));
    }
}
