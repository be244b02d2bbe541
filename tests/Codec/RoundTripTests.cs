using FsCheck;
using FsCheck.Fluent;

namespace ButlerRpc.Codec.Tests;

sealed class RoundTripTests
{
    static IEnumerable<Codecs> Messages => Codecs.Messages(typeof(Order).Assembly).Where(t => t != typeof(Limited) && t != typeof(Annotated) && t != typeof(Closed)).Select(Codecs.Of);

    [TestCaseSource(nameof(Messages))]
    public void A_random_value_comes_back_as_it_was(Codecs codec) => Prop.ForAll(
        ArbMap.Default.GeneratorFor<int>().ToArbitrary(),
        seed =>
        {
            var value = new RandomValues(seed).Of(codec.Type, 0)!;
            var bytes = codec.Encode(value);
            var back = codec.Decode(bytes);
            return (Structural.Difference(value, back) is not { } difference).Label(Structural.Difference(value, back) ?? "").And(codec.Encode(back).Length == bytes.Length);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithQuietOnSuccess(true));

    [Test]
    public void Encoding_allocates_nothing()
    {
        var order = new Order(1, "Ada", null, 7, new("Main", "Köln"), [new("a", 1, 1.50m)], [1, 2, 300]);
        using var buffer = new WriteBuffer();
        var least = long.MaxValue;
        for (var attempt = 0; attempt < 5 && least > 0; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                buffer.Reset();
                var writer = new MessagePackWriter(buffer);
                Order.ButlerCodec.Encode(ref writer, order);
                writer.Flush();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.That(least, Is.Zero);
    }

    [Test]
    public void What_is_private_travels_with_its_message()
    {
        var back = Wire.RoundTrip(Secretive.Of(7, "hidden"));
        Assert.That((back.Number, back.Reveal()), Is.EqualTo((7, "hidden")));
    }

    [Test]
    public void A_local_time_travels_as_its_moment()
    {
        var local = new DateTime(2026, 7, 1, 12, 30, 0, DateTimeKind.Local);
        var back = Wire.RoundTrip(new Times(local, default, default, default, default));
        Assert.That((back.A, back.A.Kind), Is.EqualTo((local.ToUniversalTime(), DateTimeKind.Utc)));
    }

    [Test]
    public void A_lazy_sequence_is_walked_once()
    {
        var walks = 0;
        IEnumerable<int> Lazy()
        {
            walks++;
            yield return 1;
            yield return 2;
        }

        var sequences = new RandomValues(1).Of<Sequences>() with { C = Lazy() };
        Assert.That(Wire.RoundTrip(sequences).C, Is.EqualTo(new[] { 1, 2 }));
        Assert.That(walks, Is.EqualTo(1));
    }

    [Test]
    public void A_default_immutable_array_travels_as_an_empty_one() =>
        Assert.That(Wire.RoundTrip(new RandomValues(2).Of<Sequences>() with { H = default }).H, Is.Empty);
}
