namespace ButlerRpc.Codec.Tests;

/// <summary>Whatever a peer sends, decoding gives a value or InvalidArgument, and takes memory in proportion to what was sent.</summary>
sealed class MutationTests
{
    const int Mutations = 100_000;

    static IEnumerable<Codecs> Messages => Codecs.Messages(typeof(Order).Assembly).Select(Codecs.Of);

    [TestCaseSource(nameof(Messages))]
    public void Every_truncation_and_mutation_is_a_value_or_a_refusal(Codecs codec)
    {
        var random = new Random(4711);
        var goldens = Enumerable.Range(0, 20).Select(i => codec.Encode(new RandomValues(i).Of(codec.Type, 2)!)).Where(b => b.Length is > 1 and < 2048).Take(4).ToList();
        if (goldens.Count == 0)
            goldens.Add(codec.Encode(new RandomValues(0).Of(codec.Type, 2)!));
        foreach (var golden in goldens)
        {
            for (var length = 0; length < golden.Length; length++)
                Assert.That(Decode(codec, golden[..length]), Is.Null.Or.Empty);
        }

        var rounds = Mutations / goldens.Count / Share(codec);
        foreach (var golden in goldens)
        {
            for (var i = 0; i < rounds; i++)
            {
                var mutant = Mutate(golden, random);
                if (Decode(codec, mutant) is { } fault)
                    Assert.Fail($"{fault} for {Convert.ToHexString(mutant)}");
            }
        }
    }

    // The reference record and the messages with the most kinds of members take the full number; the others, which are made of the same parts, a share of it.
    static int Share(Codecs codec) => codec.Type == typeof(Order) || codec.Type == typeof(Nullables) || codec.Type == typeof(Mapped) ? 1 : 10;

    static string? Decode(Codecs codec, byte[] bytes)
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
        catch (Exception e)
        {
            return e.ToString();
        }

        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        return taken > (64L * bytes.Length) + (64 * 1024) ? $"{taken} bytes of heap for {bytes.Length}" : null;
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
        _ = Decode(codec, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _ = codec.Decode(bytes);
            Assert.Fail("it was accepted");
        }
        catch (ButlerException)
        {
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4096));
        }
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
