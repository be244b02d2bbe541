using System.Globalization;
using ButlerRpc.Generator.Model;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Looks at one value that travels, a member or a parameter: what it loses on the way, and whether its attributes do anything.</summary>
sealed class ValueReview(string name, ITypeSymbol type, WireType wire, Location location, KnownSymbols known, Action<Diagnostic> report)
{
    public void Type()
    {
        if (Parts(wire).Any(w => w is { Kind: WireKind.Scalar, Name: "DateTime" }))
            report(Diagnostic.Create(Descriptors.KindOfTimeLost, location, name));
        if (wire.Kind != WireKind.Custom && KeyHashing.CollidingKeyIn(type) is { } key)
            report(Diagnostic.Create(Descriptors.CollidingKey, location, name, key.ToMinimal()));
    }

    public void Attributes(IEnumerable<AttributeData> attributes, bool isStream, Func<string?> whyNoBer)
    {
        // The items of a stream are no collection that is read at once.
        var kind = isStream ? WireKind.Value : Bare(wire).Kind;
        var (hasLength, hasCount) = (kind is WireKind.String or WireKind.Bytes, kind is WireKind.Sequence or WireKind.Map);
        foreach (var attribute in attributes)
        {
            if (attribute.AttributeClass.Is(known.ButlerMaxLength))
                Limit(attribute, hasLength, "ButlerMaxLength", "strings and bytes", "ButlerMaxCount", hasCount);
            else if (attribute.AttributeClass.Is(known.ButlerMaxCount))
                Limit(attribute, hasCount, "ButlerMaxCount", "collections", "ButlerMaxLength", hasLength);
            else if (attribute.AttributeClass.Is(known.IprotoBer) && whyNoBer() is { } reason)
                report(Diagnostic.Create(Descriptors.BadBer, attribute.Place() ?? location, name, reason));
        }
    }

    void Limit(AttributeData attribute, bool fits, string own, string what, string other, bool otherFits)
    {
        if (attribute.ConstructorArguments is not [{ Value: int limit }])
            return;
        var fault = limit < 0 ? $"is {limit.ToString(CultureInfo.InvariantCulture)}; a limit is 0 or more"
            : fits ? null
            : $"has no effect on '{type.ToMinimal()}': it limits {what}" + (otherFits ? $"; use [{other}]" : "");
        if (fault is not null)
            report(Diagnostic.Create(Descriptors.BadLimit, attribute.Place() ?? location, own, name, fault));
    }

    public static IEnumerable<WireType> Parts(WireType wire) => wire.Items.SelectMany(Parts).Prepend(wire);

    static WireType Bare(WireType wire) => wire.Kind == WireKind.Nullable ? wire.Item : wire;
}
