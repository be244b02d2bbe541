using ButlerRpc.Calls;
using ButlerRpc.Diagnostics;
using ButlerRpc.RabbitMq.Tests.Support;
using ButlerRpc.RabbitMq.Wire;
using RabbitMQ.Client;
using Headers = ButlerRpc.RabbitMq.Wire.Headers;

namespace ButlerRpc.RabbitMq.Tests;

/// <summary>What stands beside the bodies. Needs no server.</summary>
public class MessageTests
{
    static readonly Method s_book = MethodNamed("BookAsync");
    static readonly Method s_read = MethodNamed("ReadAsync");

    [Test]
    public void Request_is_read_as_it_was_written()
    {
        var request = new RequestMessage("a1", 0xFEDC_BA98, "reply-to", 1500, [1, 2], new TraceContext(1, 2, 3, 1), 0xFFFF_FFFF_FFFF_FFFE, [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.That(RequestMessage.TryRead(request.Write(s_book), out var read), Is.True);
        Assert.That(read, Is.EqualTo(request with { Metadata = read.Metadata, AcceptedShapes = read.AcceptedShapes }));
        Assert.That((read.Metadata, read.AcceptedShapes), Is.EqualTo((request.Metadata, request.AcceptedShapes)));
    }

    [Test]
    public void Request_with_nothing_beside_it_is_read_as_it_was_written()
    {
        var request = new RequestMessage("a2", 5, null, null, null, default, 0, null);
        Assert.That(RequestMessage.TryRead(request.Write(s_book), out var read), Is.True);
        Assert.That(read, Is.EqualTo(request));
    }

    [Test]
    public void Time_that_is_left_is_the_life_of_the_message_and_never_zero()
    {
        Assert.That(Message(1500).Write(s_book).Expiration, Is.EqualTo("1500"));
        Assert.That(Message(0).Write(s_book).Expiration, Is.EqualTo("1"));
        Assert.That(Message(null).Write(s_book).IsExpirationPresent(), Is.False);
    }

    [Test]
    public void Only_calls_of_idempotent_methods_are_written_to_disk()
    {
        Assert.That(Message(1).Write(s_read).DeliveryMode, Is.EqualTo(DeliveryModes.Persistent));
        Assert.That(Message(1).Write(s_book).DeliveryMode, Is.EqualTo(DeliveryModes.Transient));
    }

    [Test]
    public void Answer_is_read_as_it_was_written()
    {
        AnswerMessage[] answers =
        [
            new("a1", AnswerKind.Reply), new("a1", AnswerKind.Error, ButlerStatus.NotFound), new("a1", AnswerKind.Held),
            new("a1", AnswerKind.Error, ButlerStatus.FailedPrecondition, Contract: null, Shape: 0),
        ];
        foreach (var answer in answers)
        {
            Assert.That(AnswerMessage.TryRead(answer.Write(), out var read), Is.True);
            Assert.That(read, Is.EqualTo(answer));
        }

        AnswerMessage.TryRead(new AnswerMessage("a1", AnswerKind.Error, ButlerStatus.FailedPrecondition, [9], [7], 0x8000_0000_0000_0001).Write(), out var full);
        Assert.That((full.Metadata, full.Contract, full.Shape), Is.EqualTo((new byte[] { 9 }, new byte[] { 7 }, 0x8000_0000_0000_0001)));
    }

    [Test]
    public void Message_of_a_stranger_is_neither_call_nor_answer()
    {
        BasicProperties[] strangers =
        [
            new(),
            new() { CorrelationId = "a" },
            new() { CorrelationId = "a", Type = "reply?", Headers = new Dictionary<string, object?> { [Headers.Method] = "text" } },
            new() { CorrelationId = "a", Headers = new Dictionary<string, object?> { [Headers.Method] = -1L } },
            new() { CorrelationId = "a", Headers = new Dictionary<string, object?> { [Headers.Method] = 1L << 32 } },
            new() { CorrelationId = "a", Type = "error", Headers = new Dictionary<string, object?> { [Headers.Status] = 99 } },
            new() { Type = "reply", Headers = new Dictionary<string, object?> { [Headers.Method] = 1L } },
        ];
        foreach (var stranger in strangers)
        {
            Assert.That(RequestMessage.TryRead(stranger, out _), Is.False);
            Assert.That(AnswerMessage.TryRead(stranger, out _), Is.False);
        }
    }

    [Test]
    public void Header_of_another_type_than_it_should_have_is_as_if_it_were_missing()
    {
        var properties = Message(1).Write(s_book);
        properties.Headers![Headers.Metadata] = "text";
        properties.Headers[Headers.Trace] = new byte[3];
        properties.Headers[Headers.Timeout] = true;
        properties.Headers[Headers.AcceptedShapes] = 7L;
        Assert.That(RequestMessage.TryRead(properties, out var read), Is.True);
        Assert.That((read.Metadata, read.Trace.IsPresent, read.Timeout, read.AcceptedShapes), Is.EqualTo(((byte[]?)null, false, (uint?)null, (byte[]?)null)));
    }

    [Test]
    public void Request_accepts_its_own_shape_and_those_it_names()
    {
        var request = new RequestMessage("a", 1, null, null, null, default, 5, [7, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1]);
        Assert.That(new ulong[] { 5, 7, 9, 0, 6, 1 }.Select(request.Accepts), Is.EqualTo(new[] { true, true, true, true, false, false }));
    }

    static RequestMessage Message(uint? timeout) => new("a", 1, "r", timeout, null, default, 0, null);

    static Method MethodNamed(string name) => ContractOf<ILedger>().Single(m => m.Name == name);

    static IReadOnlyList<Method> ContractOf<T>()
        where T : class, IButlerContract<T> => T.Contract.Methods;
}
