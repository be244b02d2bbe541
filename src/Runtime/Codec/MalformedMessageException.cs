namespace ButlerRpc.Codec;

/// <summary>Bytes that are not what the contract says. It learns where it happened while it passes the codecs, see <see cref="MessagePackReader.Locate"/>.</summary>
sealed class MalformedMessageException(string what, ButlerReason reason = ButlerReason.BadMessage, Exception? innerException = null)
    : ButlerException(ButlerStatus.InvalidArgument, what, ButlerCertainty.NotExecuted, reason, innerException)
{
    /// <summary><c>Order.Lines</c>; null: not in a member.</summary>
    public string? Member { get; set; }

    /// <summary>The bytes ended, so the value at fault may begin where they do; every other fault lies before the place that was reached.</summary>
    public bool IsEnd { get; init; }

    public override string Message => Member is null ? base.Message : $"{Member}: {base.Message}";
}
