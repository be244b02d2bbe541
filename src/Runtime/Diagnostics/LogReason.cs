namespace ButlerRpc.Diagnostics;

/// <summary>Why something happened, as a parameter of a log message: written by <see cref="PeerText.Reason"/>, once a logger wants it.</summary>
readonly record struct LogReason(string Text)
{
    public static implicit operator LogReason(string text) => new(text);

    public override string ToString() => PeerText.Reason(Text);
}
