using System.Globalization;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The values of an enum that have a name.</summary>
static class ClosedEnums
{
    /// <summary>A condition on <c>raw</c>, of the underlying type: one of the named values, or for flags a combination of them.</summary>
    public static string Condition(INamedTypeSymbol type)
    {
        var values = type.GetMembers().OfType<IFieldSymbol>().Where(f => f.HasConstantValue).Select(f => f.ConstantValue!).Distinct().ToList();
        if (values.Count == 0)
            return "false";
        if (type.GetAttributes().Any(a => a.AttributeClass?.ToDisplayString() == "System.FlagsAttribute"))
        {
            var mask = values.Aggregate(0L, (bits, v) => bits | (v is ulong u ? unchecked((long)u) : Convert.ToInt64(v, CultureInfo.InvariantCulture)));
            return $"(unchecked((long)raw) & ~({mask.ToString(CultureInfo.InvariantCulture)}L)) == 0";
        }

        return $"raw is {string.Join(" or ", values.Select(v => ((IFormattable)v).ToString(null, CultureInfo.InvariantCulture)).OrderBy(v => v, StringComparer.Ordinal))}";
    }
}
