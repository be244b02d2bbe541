using System.Buffers;
using System.Globalization;
using System.Text;
using ButlerRpc.Messaging;

namespace Samples.Lines;

/// <summary>One line: <c>17 SET colour blue</c> asks, <c>17 = ok</c> answers.</summary>
sealed record Line(int Id, string Text)
{
    public bool IsReply => Text.StartsWith("= ", StringComparison.Ordinal);

    public Line Reply(string text) => this with { Text = $"= {text}" };
}

/// <summary>All that the library has to be told about the protocol.</summary>
sealed class LineProtocol : IMessageProtocol<Line, int>
{
    public bool TryRead(ref ReadOnlySequence<byte> bytes, out Line message)
    {
        var reader = new SequenceReader<byte>(bytes);
        message = null!;
        if (!reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
            return false;
        bytes = reader.UnreadSequence;
        var text = Encoding.UTF8.GetString(line).TrimEnd('\r');
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0 || !int.TryParse(text.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            throw new InvalidDataException($"'{text}' is no line of this protocol: a number, a space and a text");
        message = new Line(id, text[(space + 1)..]);
        return true;
    }

    public void Write(Line message, IBufferWriter<byte> output) => Encoding.UTF8.GetBytes($"{message.Id} {message.Text}\n", output);

    public int GetCorrelationId(Line message) => message.Id;

    public bool? IsReply(Line message) => message.IsReply;

    public Line? ReplyToFailed(Line request, Exception failure) => request.Reply($"error {failure.Message}");
}
