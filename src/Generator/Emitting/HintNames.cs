using System.Text;
using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>Names of generated files: <c>Namespace.Type.Butler&lt;Kind&gt;.g.cs</c>.</summary>
static class HintNames
{
    /// <summary>
    /// The name for a type. The compiler compares hint names without regard to case and refuses some characters, so a name that was changed gets a hash of
    /// what it was, and so do names of two types that differ by case only.
    /// </summary>
    public static string Of(TypeName type, string kind)
    {
        var builder = new StringBuilder(type.FileName.Length + 32);
        foreach (var c in type.FileName)
            builder.Append(c < 128 && (char.IsLetterOrDigit(c) || c is '.' or '_' or '`') ? c : '_');
        var changed = builder.ToString() != type.FileName;
        if (changed || type.HasTwin)
            builder.Append('.').Append(StableHash.Of32(type.FileName).ToString("x8", System.Globalization.CultureInfo.InvariantCulture));
        return builder.Append(".Butler").Append(kind).Append(".g.cs").ToString();
    }
}
