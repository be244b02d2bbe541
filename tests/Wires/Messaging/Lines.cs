using System.Buffers;
using System.Text;
using ButlerRpc.Messaging;

namespace ButlerRpc.Wires.Tests.Messaging;

/// <summary>A message of the tests: <c>id text</c>.</summary>
sealed record Line(string Id, string Text);

/// <summary>A protocol of lines, as a user would bring it.</summary>
class Lines : IMessageProtocol<Line, string>
{
    public static readonly Lines Plain = new();

    public bool TryRead(ref ReadOnlySequence<byte> bytes, out Line message)
    {
        var reader = new SequenceReader<byte>(bytes);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
        {
            message = null!;
            return false;
        }

        bytes = reader.UnreadSequence;
        var text = Encoding.UTF8.GetString(line);
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0)
            throw new InvalidDataException($"'{text}' is no line of this protocol");
        message = new Line(text[..space], text[(space + 1)..]);
        return true;
    }

    public void Write(Line message, IBufferWriter<byte> output) => output.Write(Encoding.UTF8.GetBytes($"{message.Id} {message.Text}\n"));

    public string GetCorrelationId(Line message) => message.Id;

    public virtual bool? IsReply(Line message) => null;

    public virtual Line? ReplyToFailed(Line request, Exception failure) => null;
}

/// <summary>The same, with a form for failures, and replies that begin with '='.</summary>
sealed class TellingLines : Lines
{
    public override bool? IsReply(Line message) => message.Text.StartsWith('=');

    public override Line? ReplyToFailed(Line request, Exception failure) => request with { Text = $"=failed: {failure.Message}" };
}

/// <summary>Another protocol with the same messages: a length and a number, then the text.</summary>
sealed class Numbered : IMessageProtocol<Line, int>
{
    public bool TryRead(ref ReadOnlySequence<byte> bytes, out Line message)
    {
        message = null!;
        if (bytes.Length < 2)
            return false;
        var header = bytes.Slice(0, 2).ToArray();
        if (bytes.Length < 2 + header[0])
            return false;
        message = new Line($"{header[1]}", Encoding.UTF8.GetString(bytes.Slice(2, header[0])));
        bytes = bytes.Slice(2 + header[0]);
        return true;
    }

    public void Write(Line message, IBufferWriter<byte> output) =>
        output.Write([(byte)message.Text.Length, byte.Parse(message.Id), .. Encoding.UTF8.GetBytes(message.Text)]);

    public int GetCorrelationId(Line message) => int.Parse(message.Id);
}
