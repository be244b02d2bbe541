namespace ButlerRpc.Codec.Tests;

/// <summary>Values that are passed on untouched, and read late.</summary>
public class RawMessageTests
{
    static readonly Address Value = new("12, St James's Square", "London");

    [Test]
    public void Message_is_encoded_as_its_codec_does_and_decoded_again()
    {
        var raw = RawMessage.Encode(Value);
        Assert.That(raw.Bytes.ToArray(), Is.EqualTo(Wire.Encode(Value)));
        Assert.That(raw.Decode<Address>(), Is.EqualTo(Value));
    }

    [Test]
    public void Value_that_is_something_else_is_refused()
    {
        Assert.That(() => new RawMessage(new byte[] { 0x07 }).Decode<Address>(), Throws.InstanceOf<ButlerException>().With.Property("Status").EqualTo(ButlerStatus.InvalidArgument));
        Assert.That(
            () => new RawMessage((byte[])[.. RawMessage.Encode(Value).Bytes.Span, 0xC0]).Decode<Address>(),
            Throws.InstanceOf<ButlerException>().With.Property("Status").EqualTo(ButlerStatus.InvalidArgument));
    }

    [Test]
    public void No_bytes_are_nil_whatever_is_asked_of_them()
    {
        var nil = new RawMessage(new byte[] { 0xC0 });
        Assert.That(default(RawMessage) == nil, Is.True);
        Assert.That(default(RawMessage).GetHashCode(), Is.EqualTo(nil.GetHashCode()));
        Assert.That(Refusal(default), Is.EqualTo(Refusal(nil)).And.Contains("nil"));
        Assert.That(nil != RawMessage.Encode(Value), Is.True);
    }

    static string Refusal(RawMessage raw) => Assert.Catch<ButlerException>(() => raw.Decode<Address>())!.Message;
}
