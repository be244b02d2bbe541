using System.Globalization;
using System.Text;

namespace ButlerRpc.Diagnostics;

/// <summary>
/// Text of others in lines of ours. A peer that can put a line break, a colour or a change of direction into a log can write lines that nobody has logged, and one
/// that can write much fills the disk.
/// </summary>
static class PeerText
{
    /// <summary>Characters of a text that a peer has made.</summary>
    public const int MostOfPeer = 64;

    /// <summary>Characters of a reason, which may be a sentence of ours, of the system or of the application around something that a peer has made.</summary>
    public const int MostOfReason = 512;

    /// <summary>What a peer has made: a name, an address.</summary>
    public static string Of(string text) => Make(text, MostOfPeer);

    /// <summary>Why something happened, for a log message or the message of an exception around it.</summary>
    public static string Reason(string text) => Make(text, MostOfReason);

    static string Make(string text, int most)
    {
        if (text.Length <= most && IsPlain(text))
            return text;
        var made = new StringBuilder(Math.Min(text.Length, most) + 8);
        var fits = 0; // so much of it, with the sign that it was cut
        foreach (var rune in text.EnumerateRunes())
        {
            made.Append(Shown(rune));
            if (made.Length < most)
                fits = made.Length;
            else if (made.Length > most)
                return made.Remove(fits, made.Length - fits).Append('…').ToString();
        }

        return made.ToString();
    }

    static bool IsPlain(string text)
    {
        foreach (var character in text)
        {
            if (character is < ' ' or > '~')
                return text.EnumerateRunes().All(r => r != Rune.ReplacementChar && IsPlain(r)); // half a character is read as the replacement
        }

        return true;
    }

    static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    static string Shown(Rune rune) => IsPlain(rune) ? rune.ToString()
        : rune.Value switch
        {
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            < 0x1_0000 => string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}"),
        };
}
