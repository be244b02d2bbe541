namespace ButlerRpc.Codec.Tests;

/// <summary>Whatever a peer sends, decoding gives a value or InvalidArgument, and takes memory in proportion to what was sent.</summary>
[Parallelizable(ParallelScope.All)]
sealed class MutationTests
{
    const int Mutations = 100_000;

    // For messages of every other kind, made of the same parts.
    const int RandomMutations = 10_000;

    static IEnumerable<Codecs> Messages => Codecs.Messages(typeof(Order).Assembly).Select(Codecs.Of);

    [TestCaseSource(typeof(GoldenBytesTests), nameof(GoldenBytesTests.Messages))]
    public void Every_truncation_and_100_000_mutations_of_a_golden_message_are_values_or_refusals(Codecs codec, object value, string hex) =>
        Assert.That(FaultOf(codec, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), Mutations, new Random(815)), Is.Null);

    [TestCaseSource(nameof(Messages))]
    public void Every_truncation_and_mutation_is_a_value_or_a_refusal(Codecs codec)
    {
        var random = new Random(4711);
        var goldens = Enumerable.Range(0, 20).Select(i => codec.Encode(new RandomValues(i).Of(codec.Type, 2)!)).Where(b => b.Length is > 1 and < 2048).Take(4).ToList();
        if (goldens.Count == 0)
            goldens.Add(codec.Encode(new RandomValues(0).Of(codec.Type, 2)!));
        foreach (var golden in goldens)
            Assert.That(FaultOf(codec, golden, RandomMutations / goldens.Count, random), Is.Null);
    }

    static string? FaultOf(Codecs codec, byte[] golden, int mutations, Random random)
    {
        for (var length = 0; length < golden.Length; length++)
        {
            if (Decode(codec, golden[..length]) is { } fault)
                return $"{fault} for the first {length} bytes of {Convert.ToHexString(golden)}";
        }

        for (var i = 0; i < mutations; i++)
        {
            var mutant = Mutate(golden, random);
            if (Decode(codec, mutant) is { } fault)
                return $"{fault} for {Convert.ToHexString(mutant)}";
        }

        return null;
    }

    static string? Decode(Codecs codec, byte[] bytes)
    {
        var bound = (64L * bytes.Length) + (64 * 1024);
        try
        {
            // What the first decoding of many makes for all that follow, such as a table of thread-local slots that has to grow, is not this message's.
            return Taken(codec, bytes) > bound && Taken(codec, bytes) is var taken && taken > bound ? $"{taken} bytes of heap for {bytes.Length}" : null;
        }
        catch (Exception e)
        {
            return e.ToString();
        }
    }

    static long Taken(Codecs codec, byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _ = codec.Decode(bytes);
        }
        catch (ButlerException e) when (e.Status == ButlerStatus.InvalidArgument)
        {
            // A refusal is as good as a value.
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    static byte[] Mutate(byte[] golden, Random random)
    {
        var mutant = (byte[])golden.Clone();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(mutant.Length);
            switch (random.Next(5))
            {
                case 0:
                    mutant[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    mutant[at] = (byte)random.Next(256);
                    break;
                case 2:
                    mutant[at] = (byte)(0xC0 + random.Next(32));
                    break;
                case 3:
                    mutant = [.. mutant[..at], .. mutant[(at + random.Next(mutant.Length - at))..], 0xC0];
                    break;
                default:
                    mutant = [.. mutant[..at], (byte)random.Next(256), .. mutant[at..]];
                    break;
            }
        }

        return mutant;
    }

    static readonly TestCaseData[] Bombs =
    [
        Bomb<Nullables>(1000, "DDFFFFFFFF"),
        Bomb<Pages>(5, "92DDFFFFFFFF"),
        Bomb<Tree>(5, "93A0DDFFFFFFFF"),
        Bomb<Numbers>(9, "DC0011DDFFFFFFFF"),
        Bomb<Maps>(9, "DC000CDFFFFFFFFF"),
    ];

    [TestCaseSource(nameof(Bombs))]
    public void A_count_that_is_a_lie_costs_less_than_four_kilobytes(Codecs codec, byte[] bytes)
    {
        Assert.That(() => codec.Decode(bytes), Throws.InstanceOf<ButlerException>());
        // The best of several, as with Decode: other tests run on other threads, and what they make room for is made on this one as well.
        Assert.That(Enumerable.Range(0, 5).Min(_ => Taken(codec, bytes)), Is.LessThan(4096));
    }

    static TestCaseData Bomb<T>(int length, string hex)
        where T : IButlerMessage<T> => new TestCaseData(Codecs.Of(typeof(T)), Convert.FromHexString(hex)[..Math.Min(length, hex.Length / 2)]).SetArgDisplayNames(typeof(T).Name);

    // The shapes that need the most heap for each byte: empty collections, empty messages, members that were not sent.
    [Test]
    public void Dense_messages_take_memory_in_proportion()
    {
        foreach (var count in new[] { 100, 5_000, 200_000 })
        {
            foreach (var (codec, bytes) in Dense(count))
            {
                _ = Decode(codec, bytes);
                Assert.That(Decode(codec, bytes), Is.Null, $"{Convert.ToHexString(bytes[..13])} of {count}");
            }
        }
    }

    static IEnumerable<(Codecs Codec, byte[] Bytes)> Dense(int count)
    {
        byte[] Filled(string before, byte element, string after) =>
            [.. Convert.FromHexString(before), 0xDD, (byte)(count >> 24), (byte)(count >> 16), (byte)(count >> 8), (byte)count, .. Enumerable.Repeat(element, count), .. Convert.FromHexString(after)];

        yield return (Codecs.Of(typeof(DenseLists)), Filled("98", 0x90, "90909090909090"));
        yield return (Codecs.Of(typeof(DenseLists)), Filled("9890", 0x80, "909090909090"));
        yield return (Codecs.Of(typeof(DenseLists)), Filled("989090", 0x90, "9090909090"));
        yield return (Codecs.Of(typeof(DenseLists)), Filled("98909090", 0x90, "90909090"));
        yield return (Codecs.Of(typeof(DenseLists)), Filled("9890909090", 0xC0, "909090"));
        yield return (Codecs.Of(typeof(DenseLists)), Filled("989090909090", 0xA0, "9090"));
        yield return (Codecs.Of(typeof(DenseLists)), Filled("98909090909090", 0x90, "90"));
        yield return (Codecs.Of(typeof(DenseLists)), Filled("9890909090909090", 0x00, ""));
    }
}

[ButlerMessage]
public partial record DenseLists(
    List<List<int>> A, List<Dictionary<int, int>> B, List<HashSet<string>> C, List<Wide> D, List<WideStruct?> E, List<string> F, List<WideStruct> G, HashSet<int> H);

[ButlerMessage]
public partial class Wide
{
    [ButlerField(0)]
    public decimal A { get; set; }

    [ButlerField(1)]
    public decimal B { get; set; }

    [ButlerField(2)]
    public decimal? C { get; set; }

    [ButlerField(3)]
    public decimal? D { get; set; }

    [ButlerField(4)]
    public Guid? E { get; set; }
}

[ButlerMessage]
public readonly partial record struct WideStruct(decimal A, decimal B, decimal C, decimal D, Int128 E, Guid F);
