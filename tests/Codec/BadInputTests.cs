namespace ButlerRpc.Codec.Tests;

sealed class BadInputTests
{
    static readonly TestCaseData[] Faults =
    [
        Fault<Address>("92C0A161", "Address.Street: nil, where str is expected"),
        Fault<Address>("9201A161", "Address.Street: expected str, found the type byte 0x01"),
        Fault<Address>("92A161A2C328", "Address.City: a string is not valid UTF-8"),
        Fault<Address>("92A161", "Address.City: the message ends in the middle of a value"),
        Fault<Address>("92A161D9FF61", "Address.City: a count of 255 does not fit into the 1 bytes that are left"),
        Fault<Address>("C0", "Address: nil, where array is expected"),
        Fault<Address>("DDFFFFFFFF", "Address: a count of 4294967295 does not fit into the 0 bytes that are left"),
        Fault<Line>("93A161CF8000000000000000C410", "Line.Quantity: an integer does not fit into int64"),
        Fault<Line>("93A161CE80000000C410", "Line.Quantity: an integer does not fit into int32"),
        Fault<Line>("93A16101C40F000000000000000000000000000000", "Line.Price: a decimal has 15 bytes instead of 16"),
        Fault<Line>("93A16101C410001D0000000000000000000000000000", "Line.Price: a decimal's flags are not valid"),
        Fault<Order>("9701A3416461C00792A17801", "Address.City: expected str, found the type byte 0x01"),
        Fault<Order>("9701A3416461C00792A178A1799193A16101C0", "Line.Price: nil, where bin is expected"),
        Fault<Order>("9701A3416461C00792A178A179DDFFFFFFFF", "Order.Lines: a count of 4294967295 does not fit into the 0 bytes that are left"),
        Fault<Times>("95D6FE00000000", "Times.A: an extension is no timestamp"),
        Fault<Times>("95D7FFFFFFFFFFFFFFFFFF01010101", "Times.A: a timestamp is out of range"),
        Fault<Times>("95C70CFF000000007FFFFFFFFFFFFFFF01010101", "Times.A: a timestamp is out of range"),
        Fault<Times>("95D6FF0000000092D6FF00000000CD0349", "Times.B: an offset from UTC is out of range"),
        Fault<Mapped>("82A5436F756E7401A5436F756E7402", "Mapped.Count: a map holds a key twice"),
        Fault<Mapped>("81A5436F756E74A161", "Mapped.Count: expected integer, found the type byte 0xA1"),
        Fault<Closed>("9401000090", null),
        Fault<Closed>("9400040090", "Closed.B: an integer is no value of Rights"),
        Fault<Limited>("94A6616263646566", "Limited.Text: a string is longer than the 5 chars allowed"),
        Fault<Limited>("94A0C40401020304", "Limited.Bytes: 4 bytes are more than the 3 allowed"),
        Fault<Limited>("94A0C40093010203", "Limited.Numbers: 3 elements are more than the 2 allowed"),
        Fault<Limited>("94A0C4009093A0A0A0", "Limited.Texts: 3 elements are more than the 2 allowed"),
        Fault<Annotated>("92A6616263646566", "Annotated.Text: a string is longer than the 5 chars allowed"),
        Fault<Annotated>("92A0A461626364", "Annotated.Other: a string is longer than the 3 chars allowed"),
        Fault<Shape>("920792A161CB3FF0000000000000", "7 is the tag of no case of Shape"),
        Fault<Shape>("9300C0C0", "an array of 3, where one of 2 is expected"),
        Fault<Drawing>("9392079090C0", "Drawing.Main: 7 is the tag of no case of Shape"),
        Fault<Maps>("DC000C82A16101A16102C0C0C0C0C0C0C0C0C0C0C0", "Maps.A: a map holds a key twice"),
        Fault<Many>("9196CFFFFFFFFFFFFFFFFF0101010101", "Many.Numbers: an integer does not fit into int64"),
        Fault<Many>("9196CE800000000101010101010101", "Many.Numbers: an integer does not fit into int32"),
        Fault<Many>("9196C00101010101010101010101", "Many.Numbers: nil, where integer is expected"),
        Fault<Rarities>("99C40100A161A3312E32A378782100", "Rarities.D: a string is no culture's name"),
        Fault<Rarities>("99C40100A161A131C0C0C0C0C0C0", "Rarities.C: a string is no version"),
        Fault<Foreigners>("949801C0A130C0C0C0C0C0", "ForeignOrder.Reference: a string is no id"),
        Fault<Foreigners>("949801C0D92430303131323233332D343435352D363637372D383839392D616162626363646465656666A17892", "ForeignOrder.Price: a string is no decimal"),
        Fault<Tuples>("979301A16101C0C0C0C0C0C0", "Tuples.A: an array of 3, where one of 2 is expected"),
    ];

    [TestCaseSource(nameof(Faults))]
    public void Bytes_that_are_no_message_are_refused_with_the_place(Codecs codec, string hex, string? message)
    {
        if (message is null)
        {
            Assert.That(() => codec.Decode(Convert.FromHexString(hex)), Throws.InstanceOf<ButlerException>());
            return;
        }

        var failure = Assert.Throws(Is.InstanceOf<ButlerException>(), () => codec.Decode(Convert.FromHexString(hex)));
        Assert.That(failure!.Message, Is.EqualTo(message));
        Assert.That(((ButlerException)failure).Status, Is.EqualTo(ButlerStatus.InvalidArgument));
        Assert.That(((ButlerException)failure).Certainty, Is.EqualTo(ButlerCertainty.NotExecuted));
    }

    [Test]
    public void Bytes_behind_the_message_are_refused() =>
        Assert.That(() => Wire.Decode<Empty>([0x90, 0x00]), Throws.InstanceOf<ButlerException>().With.Message.EqualTo("1 bytes are left behind the message"));

    [TestCase(64, true)]
    [TestCase(65, false)]
    [TestCase(10_000, false)]
    [TestCase(4_000_000, false)]
    public void A_message_is_nested_64_deep_and_no_deeper(int depth, bool isAccepted)
    {
        var bytes = new byte[(2 * depth) + 1];
        for (var i = 0; i < depth; i++)
            (bytes[2 * i], bytes[(2 * i) + 1]) = (0x92, 0x01);
        bytes[^1] = 0xC0;
        if (isAccepted)
            Assert.That(Wire.Decode<Node>(bytes).Value, Is.EqualTo(1));
        else
            Assert.That(() => Wire.Decode<Node>(bytes), Throws.InstanceOf<ButlerException>().With.Property("Reason").EqualTo(ButlerReason.TooDeep));
    }

    [TestCase(63, true)]
    [TestCase(64, true)]
    [TestCase(65, false)]
    [TestCase(10_000, false)]
    [TestCase(4_000_000, false)]
    public void A_member_that_is_not_known_is_nested_64_deep_and_no_deeper(int depth, bool isAccepted)
    {
        var bytes = new byte[depth + 6];
        Convert.FromHexString("93A161A162").CopyTo(bytes, 0);
        bytes.AsSpan(5, depth).Fill(0x91);
        bytes[^1] = 0xC0;
        if (isAccepted)
            Assert.That(Wire.Decode<Address>(bytes), Is.EqualTo(new Address("a", "b")));
        else
            Assert.That(() => Wire.Decode<Address>(bytes), Throws.InstanceOf<ButlerException>().With.Property("Reason").EqualTo(ButlerReason.TooDeep));
    }

    [Test]
    public void A_value_that_holds_itself_is_refused_when_it_is_written()
    {
        var tree = new Tree("a", [], []);
        tree.Children.Add(tree);
        Assert.That(() => Wire.Encode(tree), Throws.InstanceOf<ButlerException>().With.Property("Reason").EqualTo(ButlerReason.TooDeep));
    }

    [Test]
    public void Null_where_the_contract_has_none_is_refused_when_it_is_written()
    {
        Assert.That(() => Wire.Encode(new Address("a", null!)), Throws.InstanceOf<ButlerException>().With.Message.EqualTo("Address.City is null, which its contract does not allow"));
        Assert.That(() => Wire.Encode<Address>(null!), Throws.InstanceOf<ButlerException>().With.Message.EqualTo("Address is null, which its contract does not allow"));
    }

    [Test]
    public void A_lone_surrogate_is_refused_when_it_is_written()
    {
        Assert.That(() => Wire.Encode(new Address("a\uD800", "b")), Throws.InstanceOf<ButlerException>());
        Assert.That(() => Wire.Encode(new Address(new string('x', 100) + '\uDC00', "b")), Throws.InstanceOf<ButlerException>());
        Assert.That(() => Wire.Encode(new Address(new string('x', 5000) + '\uD800', "b")), Throws.InstanceOf<ButlerException>());
    }

    [Test]
    public void A_case_that_the_union_does_not_list_is_refused_when_it_is_written() =>
        Assert.That(() => Wire.Encode<Shape>(new Hexagon("h")), Throws.InstanceOf<ButlerException>().With.Message.EqualTo("Hexagon is no case of Shape"));

    sealed record Hexagon(string Name) : Shape(Name);

    [TestCase(20_000)]
    public void Keys_that_collide_elsewhere_cost_no_more_than_others(int count)
    {
        // Multiples of a prime that a dictionary of this size uses for its buckets fall into one bucket by their own hash codes.
        var colliding = Comparisons(count, i => i * 21_023L);
        var doubled = Comparisons(2 * count, i => i * 43_627L);
        Assert.That(colliding, Is.LessThan(3L * count));
        Assert.That(doubled, Is.LessThan(3L * 2 * count));
    }

    static long Comparisons(int count, Func<int, long> key)
    {
        var comparer = new Counting(KeyComparer.Of<long>());
        var map = new Dictionary<long, int>(count, comparer);
        for (var i = 0; i < count; i++)
            map.Add(key(i), i);
        return comparer.Count;
    }

    sealed class Counting(IEqualityComparer<long> inner) : IEqualityComparer<long>
    {
        public long Count { get; private set; }

        public bool Equals(long x, long y)
        {
            Count++;
            return inner.Equals(x, y);
        }

        public int GetHashCode(long obj) => inner.GetHashCode(obj);
    }

    [Test]
    public void Decoded_dictionaries_and_sets_compare_their_keys_with_a_secret()
    {
        var maps = Wire.RoundTrip(new RandomValues(3).Of<Maps>());
        Assert.That(((Dictionary<int, string>)maps.B).Comparer, Is.SameAs(KeyComparer.Of<int>()));
        Assert.That(Wire.RoundTrip(new RandomValues(3).Of<Sets>()).A.Comparer, Is.SameAs(KeyComparer.Of<int>()));
        Assert.That(KeyComparer.Of<int>().GetHashCode(5), Is.Not.EqualTo(5));
    }

    [Test]
    public void Equal_keys_have_equal_keyed_hash_codes()
    {
        Assert.That(KeyComparer.Of<decimal>().GetHashCode(1.0m), Is.EqualTo(KeyComparer.Of<decimal>().GetHashCode(1.000m)));
        Assert.That(KeyComparer.Of<double>().GetHashCode(0.0), Is.EqualTo(KeyComparer.Of<double>().GetHashCode(-0.0)));
        Assert.That(KeyComparer.Of<double>().GetHashCode(double.NaN), Is.EqualTo(KeyComparer.Of<double>().GetHashCode(-double.NaN)));
        var moment = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        Assert.That(KeyComparer.Of<DateTimeOffset>().GetHashCode(moment), Is.EqualTo(KeyComparer.Of<DateTimeOffset>().GetHashCode(moment.ToOffset(TimeSpan.FromHours(2)))));
    }

    static TestCaseData Fault<T>(string hex, string? message)
        where T : IButlerMessage<T> => new TestCaseData(Codecs.Of(typeof(T)), hex, message).SetArgDisplayNames(typeof(T).Name, hex);
}
