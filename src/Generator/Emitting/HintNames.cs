using System.Text;

namespace ButlerRpc.Generator.Emitting;

/// <summary>Names of generated files: <c>Namespace.Type.Butler&lt;Kind&gt;.g.cs</c>.</summary>
static class HintNames
{
    /// <summary>
    /// The name for a type. The compiler compares hint names without regard to case and refuses some characters, so a name that was changed gets a hash of
    /// what it was; two types that differ by case only are told apart with <paramref name="disambiguate"/>.
    /// </summary>
    public static string Of(string typeFileName, string kind, bool disambiguate = false)
    {
        var builder = new StringBuilder(typeFileName.Length + 32);
        foreach (var c in typeFileName)
            builder.Append(c < 128 && (char.IsLetterOrDigit(c) || c is '.' or '_' or '`') ? c : '_');
        var changed = builder.ToString() != typeFileName;
        if (changed || disambiguate)
            builder.Append('.').Append(StableHash.Of32(typeFileName).ToString("x8", System.Globalization.CultureInfo.InvariantCulture));
        return builder.Append(".Butler").Append(kind).Append(".g.cs").ToString();
    }
}
