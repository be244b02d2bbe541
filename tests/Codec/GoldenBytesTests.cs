using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace ButlerRpc.Codec.Tests;

/// <summary>Bytes written by hand from the MessagePack specification.</summary>
sealed class GoldenBytesTests
{
    static readonly object[][] Integers =
    [
        [0L, "00"], [1L, "01"], [127L, "7F"], [128L, "CC80"], [255L, "CCFF"], [256L, "CD0100"], [65535L, "CDFFFF"], [65536L, "CE00010000"], [4294967295L, "CEFFFFFFFF"],
        [4294967296L, "CF0000000100000000"], [long.MaxValue, "CF7FFFFFFFFFFFFFFF"], [-1L, "FF"], [-32L, "E0"], [-33L, "D0DF"], [-128L, "D080"], [-129L, "D1FF7F"],
        [-32768L, "D18000"], [-32769L, "D2FFFF7FFF"], [-2147483648L, "D280000000"], [-2147483649L, "D3FFFFFFFF7FFFFFFF"], [long.MinValue, "D38000000000000000"],
    ];

    [TestCaseSource(nameof(Integers))]
    public void An_integer_takes_its_smallest_form(long value, string hex)
    {
        Assert.That(Written((ref MessagePackWriter w) => w.WriteInt64(value)), Is.EqualTo(hex));
        if (value == (int)value)
            Assert.That(Written((ref MessagePackWriter w) => w.WriteInt32((int)value)), Is.EqualTo(hex));
        if (value == (uint)value)
            Assert.That(Written((ref MessagePackWriter w) => w.WriteUInt32((uint)value)), Is.EqualTo(hex));
        if (value >= 0)
            Assert.That(Written((ref MessagePackWriter w) => w.WriteUInt64((ulong)value)), Is.EqualTo(hex));
        Assert.That(new MessagePackReader(Convert.FromHexString(hex)).ReadInt64(), Is.EqualTo(value));
    }

    // One, a whole chunk, and a chunk that follows another.
    [TestCase(1, "91")]
    [TestCase(64, "DC0040")]
    [TestCase(130, "DC0082")]
    public void An_integer_of_an_array_takes_its_smallest_form(int count, string header)
    {
        foreach (var integer in Integers)
        {
            if ((long)integer[0] != (int)(long)integer[0])
                continue;
            var values = Enumerable.Repeat((int)(long)integer[0], count).ToArray();
            var hex = Written((ref MessagePackWriter w) => MessagePackSpans.Write<int, Scalars.OfInt32>(ref w, values));
            Assert.That(hex, Is.EqualTo(header + string.Concat(Enumerable.Repeat((string)integer[1], count))));
        }
    }

    [TestCase("05", 5)]
    [TestCase("CC05", 5)]
    [TestCase("CD0005", 5)]
    [TestCase("CE00000005", 5)]
    [TestCase("CF0000000000000005", 5)]
    [TestCase("D005", 5)]
    [TestCase("D10005", 5)]
    [TestCase("D200000005", 5)]
    [TestCase("D30000000000000005", 5)]
    [TestCase("D0FB", -5)]
    [TestCase("D1FFFB", -5)]
    [TestCase("D2FFFFFFFB", -5)]
    [TestCase("D3FFFFFFFFFFFFFFFB", -5)]
    public void An_integer_of_any_width_is_accepted(string hex, int value)
    {
        Assert.That(new MessagePackReader(Convert.FromHexString(hex)).ReadInt64(), Is.EqualTo(value));
        Assert.That(new MessagePackReader(Convert.FromHexString(hex)).ReadInt32(), Is.EqualTo(value));
        Assert.That(new MessagePackReader(Convert.FromHexString(hex + "0000000000000000")).ReadInt32(), Is.EqualTo(value));
    }

    [TestCase("CB3FF8000000000000", 1.5)]
    [TestCase("CA3FC00000", 1.5)]
    [TestCase("07", 7)]
    [TestCase("D1FF00", -256)]
    [TestCase("CF8000000000000000", 9223372036854775808.0)]
    public void A_number_is_a_float_where_nothing_is_lost(string hex, double value)
    {
        Assert.That(new MessagePackReader(Convert.FromHexString(hex)).ReadDouble(), Is.EqualTo(value));
        Assert.That(new MessagePackReader(Convert.FromHexString(hex)).ReadSingle(), Is.EqualTo((float)value));
    }

    [TestCase("CF8000000000000001")]
    [TestCase("CF0020000000000001")]
    [TestCase("A131")]
    public void A_number_that_a_float_would_lose_is_refused(string hex) =>
        Assert.That(() => new MessagePackReader(Convert.FromHexString(hex)).ReadDouble(), Throws.InstanceOf<ButlerException>());

    [Test]
    public void Every_bit_of_a_float_travels()
    {
        foreach (var bits in new[] { 0x7F800001, 0x7FC00000, 0x7FFFFFFF, unchecked((int)0xFF800001), 0x00000001, unchecked((int)0x80000000) })
        {
            var hex = Written((ref MessagePackWriter w) => w.WriteSingle(BitConverter.Int32BitsToSingle(bits)));
            Assert.That(hex, Is.EqualTo("CA" + bits.ToString("X8", CultureInfo.InvariantCulture)));
            Assert.That(BitConverter.SingleToInt32Bits(new MessagePackReader(Convert.FromHexString(hex)).ReadSingle()), Is.EqualTo(bits));
        }
    }

    [Test]
    public void The_largest_unsigned_integer_has_nine_bytes()
    {
        Assert.That(Written((ref MessagePackWriter w) => w.WriteUInt64(ulong.MaxValue)), Is.EqualTo("CFFFFFFFFFFFFFFFFF"));
        Assert.That(new MessagePackReader(Convert.FromHexString("CFFFFFFFFFFFFFFFFF")).ReadUInt64(), Is.EqualTo(ulong.MaxValue));
    }

    [TestCase(0, "A0")]
    [TestCase(1, "A1")]
    [TestCase(31, "BF")]
    [TestCase(32, "D920")]
    [TestCase(255, "D9FF")]
    [TestCase(256, "DA0100")]
    [TestCase(65535, "DAFFFF")]
    [TestCase(65536, "DB00010000")]
    public void A_string_takes_its_smallest_header(int length, string header)
    {
        var text = new string('x', length);
        Assert.That(Written((ref MessagePackWriter w) => w.WriteString(text)), Is.EqualTo(header + string.Concat(Enumerable.Repeat("78", length))));
    }

    // The header is guessed from the chars; these are the places where the guess is wrong.
    [TestCase(11, "D921")]
    [TestCase(10, "BE")]
    [TestCase(31, "D95D")]
    [TestCase(85, "D9FF")]
    [TestCase(86, "DA0102")]
    [TestCase(1023, "DA0BFD")]
    [TestCase(1024, "DA0C00")]
    [TestCase(21845, "DAFFFF")]
    [TestCase(21846, "DB00010002")]
    public void A_string_of_three_byte_chars_takes_its_smallest_header(int length, string header)
    {
        var text = new string('€', length);
        Assert.That(Written((ref MessagePackWriter w) => w.WriteString(text)), Is.EqualTo(header + string.Concat(Enumerable.Repeat("E282AC", length))));
        Assert.That(new MessagePackReader(Convert.FromHexString(header + string.Concat(Enumerable.Repeat("E282AC", length)))).ReadText(), Is.EqualTo(text));
    }

    [TestCase(0, "C400")]
    [TestCase(255, "C4FF")]
    [TestCase(256, "C50100")]
    [TestCase(65535, "C5FFFF")]
    [TestCase(65536, "C600010000")]
    public void A_binary_takes_its_smallest_header(int length, string header) =>
        Assert.That(Written((ref MessagePackWriter w) => w.WriteBinary(new byte[length])), Is.EqualTo(header + new string('0', 2 * length)));

    [TestCase(0, "90", "80")]
    [TestCase(15, "9F", "8F")]
    [TestCase(16, "DC0010", "DE0010")]
    [TestCase(65535, "DCFFFF", "DEFFFF")]
    [TestCase(65536, "DD00010000", "DF00010000")]
    public void A_collection_takes_its_smallest_header(int count, string array, string map)
    {
        Assert.That(Written((ref MessagePackWriter w) => w.WriteArrayHeader(count)), Is.EqualTo(array));
        Assert.That(Written((ref MessagePackWriter w) => w.WriteMapHeader(count)), Is.EqualTo(map));
    }

    [TestCase("1970-01-01T00:00:00Z", "D6FF00000000")]
    [TestCase("2106-02-07T06:28:15Z", "D6FFFFFFFFFF")]
    [TestCase("2106-02-07T06:28:16Z", "D7FF0000000100000000")]
    [TestCase("1970-01-01T00:00:01.5Z", "D7FF7735940000000001")]
    [TestCase("2514-05-30T01:53:03.9999999Z", "D7FFEE6B2673FFFFFFFF")]
    [TestCase("2514-05-30T01:53:04Z", "C70CFF000000000000000400000000")]
    [TestCase("1969-12-31T23:59:59.9Z", "C70CFF35A4E900FFFFFFFFFFFFFFFF")]
    [TestCase("0001-01-01T00:00:00Z", "C70CFF00000000FFFFFFF1886E0900")]
    public void A_time_takes_the_smallest_timestamp(string time, string hex)
    {
        var value = DateTime.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
        Assert.That(Written((ref MessagePackWriter w) => w.WriteDateTime(value)), Is.EqualTo(hex));
        Assert.That(new MessagePackReader(Convert.FromHexString(hex)).ReadDateTime(), Is.EqualTo(value));
    }

    [TestCase("D7FF0000031C00000000", 1)]
    [TestCase("C70CFF000000C70000000000000000", 1)]
    [TestCase("C70CFF3B9AC9FFFFFFFFFFFFFFFFFF", -1)]
    public void What_is_finer_in_a_time_than_100_nanoseconds_is_cut_off(string hex, long ticks) =>
        Assert.That(new MessagePackReader(Convert.FromHexString(hex)).ReadDateTime(), Is.EqualTo(DateTime.UnixEpoch.AddTicks(ticks)));

    public static IEnumerable<TestCaseData> Messages()
    {
        yield return Case(new Empty(), "90");
        yield return Case(new Address("Main", "Köln"), "92 A44D61696E A54BC3B66C6E");
        yield return Case(new Line("a", 300, 1.50m), "93 A161 CD012C C410 00020000 00000000 00000000 00000096");
        yield return Case(
            new Order(1, "Ada", null, 7, new("x", "y"), [new("a", 1, 0)], [1, -1]),
            "97 01 A3416461 C0 07 92A178A179 91 93A16101C41000000000000000000000000000000000 92 01 FF");
        yield return Case(
            new Primitives(
                true, -128, 255, -32768, 65535, int.MinValue, uint.MaxValue, long.MinValue, ulong.MaxValue, 'A', 1.5f, -2.5, (Half)0.5, -1m,
                new Guid("00112233-4455-6677-8899-aabbccddeeff"), Int128.NegativeOne, UInt128.One),
            "DC0011 C3 D080 CCFF D18000 CDFFFF D280000000 CEFFFFFFFF D38000000000000000 CFFFFFFFFFFFFFFFFF 41 CA3FC00000 CBC004000000000000 CA3F000000 " +
            "C410 80000000 00000000 00000000 00000001 C410 00112233445566778899AABBCCDDEEFF C410 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF C410 00000000000000000000000000000001");
        yield return Case(
            new Times(DateTime.UnixEpoch, new DateTimeOffset(1970, 1, 1, 1, 0, 0, TimeSpan.FromHours(1)), new DateOnly(1, 1, 2), new TimeOnly(1), TimeSpan.FromTicks(-1)),
            "95 D6FF00000000 92D6FF000000003C 01 01 FF");
        yield return Case(
            new Rarities(
                256, new Uri("http://a/"), new Version(1, 2), CultureInfo.InvariantCulture, new Rune(0x1F600), new Complex(1, 0), new BitArray(new[] { true, false, true }), new("s"),
                new RawMessage(new byte[] { 0x92, 0x01, 0x02 })),
            "99 C4020001 A9687474703A2F2F612F A3312E32 A0 CE0001F600 92CB3FF0000000000000CB0000000000000000 92 03 C40105 A173 920102");
        yield return Case(new Node(1, new Node(2, null)), "92 01 92 02 C0");
        yield return Case(new Settings { Name = "n", Colour = Colour.Blue }, "96 A16E 03 91A764656661756C74 C0 04 A26575");
        yield return Case(new Point3(1, 2), "93 01 C0 02");
        yield return Case(new Dog("Rex", 4, true) { Owner = "me" }, "94 A3526578 04 A26D65 C3");
        yield return Case<Shape>(new Circle("c", 1), "92 00 92A163CB3FF0000000000000");
        yield return Case<Shape>(new Square("s", 1), "92 CD012C 92A173CB3FF0000000000000");
        yield return Case<IPayment>(new Card("7"), "92 02 91A137");
        yield return Case(new Mapped("n", 1, null), "84 A44E616D65 A16E A5436F756E74 01 A7436F6D6D656E74 C0 A74E756D62657273 90");
        yield return Case(new Enums(Colour.Green, Rights.All, Huge.Everything, null, [Colour.Red], new() { [Colour.Blue] = Rights.Read }, [null]), "97 03 CC80 CFFFFFFFFFFFFFFFFF C0 9100 810401 91C0");
        yield return Case(new Binaries([1], new byte[] { 2 }, new byte[] { 3 }, [4], new byte[] { 5 }), "95 C40101 C40102 C40103 C40104 C40105");
        yield return Case(
            new Tuples((1, "a"), new("b", 2), new(3, null), (4, ("c", new("d", 5, 0)), null), [("e", 6)], new(7), (1, 2, 3, 4, 5, 6, 7, 8, "i")),
            "97 9201A161 92A16202 9203C0 930492A16393A16405C41000000000000000000000000000000000C0 9192A16506 9107 990102030405060708A169");
        yield return Case(new Weather(new(1), null), "92 CB3FF0000000000000 C0");
        yield return Case(new Many([0, -1, 127, 128, 65536, int.MinValue, int.MaxValue, -32768, 5]), "91 99 00 FF 7F CC80 CE00010000 D280000000 CE7FFFFFFF D18000 05");
        yield return Case(new InOuter(new(1), []), "92 9101 90");
        yield return Case(new Car("c", 1.5m) { Wheels = 4 }, "93 04 A163 C410 00010000 00000000 00000000 0000000F");
        yield return Case(
            new Foreigners(
                new()
                {
                    Id = 1, Reference = new Guid("00112233-4455-6677-8899-aabbccddeeff"), Price = 1.50m, At = new DateTimeOffset(1970, 1, 1, 2, 0, 0, TimeSpan.FromHours(2)),
                    Flags = new BitArray(new[] { true, false }), Due = DateTime.UnixEpoch, History = [null],
                },
                [new() { Name = "n", Count = 2 }], new ForeignText { Text = "t" }, new(3, 4)),
            "94 98 01 C0 D924 30303131323233332D343435352D363637372D383839392D616162626363646465656666 A4312E3530 92D6FF00001C2078 92C3C2 D6FF00000000 91C0 " +
            "91 82A44E616D65A16EA5436F756E7402 9207 91A174 82A17803A17904");
    }

    [TestCaseSource(nameof(Messages))]
    public void A_message_has_the_bytes_of_the_specification(Codecs codec, object value, string hex)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.That(Convert.ToHexString(codec.Encode(value)), Is.EqualTo(Convert.ToHexString(bytes)));
        Assert.That(Structural.Difference(value, codec.Decode(bytes)), Is.Null);
    }

    static TestCaseData Case<T>(T value, string hex)
        where T : IButlerMessage<T> => new TestCaseData(Codecs.Of(typeof(T)), value, hex).SetArgDisplayNames(typeof(T).Name + "." + value!.GetType().Name);

    delegate void Write(ref MessagePackWriter writer);

    static string Written(Write write)
    {
        using var buffer = new WriteBuffer();
        var writer = new MessagePackWriter(buffer);
        write(ref writer);
        writer.Flush();
        return Convert.ToHexString(buffer.WrittenSpan);
    }
}
