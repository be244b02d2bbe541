using System.Globalization;
using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>A member that is part of a message.</summary>
readonly record struct ChosenMember(MessageMember Member, int Index, string Key);

/// <summary>Which members are part of the message, and under which index or key.</summary>
partial class MessageParser
{
    /// <summary>In the order of the wire.</summary>
    List<ChosenMember> Choose(bool isMap)
    {
        var all = _known.Members.Of(type);
        var chosen = _isForeign ? ChooseForeign(all, isMap) : ChooseOwn(all, isMap);
        if (!isMap)
            chosen.Sort(static (a, b) => a.Index.CompareTo(b.Index));
        return chosen;
    }

    List<ChosenMember> ChooseOwn(IReadOnlyList<MessageMember> all, bool isMap)
    {
        var chosen = new List<ChosenMember>(all.Count);
        var taken = new Dictionary<int, string>(all.Count);
        INamedTypeSymbol? declaring = null;
        var (first, ordinal) = (0, 0);
        foreach (var member in all)
        {
            if (!SymbolEqualityComparer.Default.Equals(declaring, member.Symbol.ContainingType))
            {
                // Positional members of a derived record go on where its base ends.
                declaring = member.Symbol.ContainingType;
                first = taken.Keys.Concat(ReservedIndexes.Of(declaring.BaseType, _known)).DefaultIfEmpty(-1).Max() + 1;
                ordinal = 0;
            }

            var position = IsPositional(member) ? ordinal++ : -1;
            if (member.Find(_known.ButlerIgnore) is not null)
                continue;
            var field = member.Find(_known.ButlerField);
            var index = field?.ConstructorArguments is [{ Value: int explicitIndex }] ? explicitIndex : position >= 0 ? first + position : -1;
            if (field is null && position < 0)
            {
                if (isMap && IsPublicData(member))
                    index = taken.Keys.DefaultIfEmpty(-1).Max() + 1;
                else if (NeedsIndex(member))
                {
                    Report(Descriptors.MemberWithoutIndex, member.Location, member.Name, type.Name);
                    continue;
                }
                else
                    continue;
            }

            if (index is < 0 or >= MostIndexes)
                Report(Descriptors.IndexOutOfRange, member.Location, index.ToString(CultureInfo.InvariantCulture), member.Name);
            else if (taken.TryGetValue(index, out var owner))
                Report(Descriptors.DuplicateIndex, member.Location, index.ToString(CultureInfo.InvariantCulture), member.Name, owner);
            else
            {
                taken.Add(index, member.Name);
                chosen.Add(new(member, index, member.Name));
            }
        }

        return chosen;
    }

    List<ChosenMember> ChooseForeign(IReadOnlyList<MessageMember> all, bool isMap)
    {
        var chosen = new List<ChosenMember>(all.Count);
        var byName = MessagePackCSharp.KeysAreNames(type);
        foreach (var member in all)
        {
            if (MessagePackCSharp.IsIgnored(member.Symbol))
                continue;
            var key = MessagePackCSharp.KeyOf(member.Symbol) ?? (member.Parameter is null ? null : MessagePackCSharp.KeyOf(member.Parameter));
            if (key is int index and >= 0 and < MostIndexes && !isMap)
                chosen.Add(new(member, index, member.Name));
            else if (key is string name && isMap)
                chosen.Add(new(member, chosen.Count, name));
            else if (byName && IsPublicData(member))
                chosen.Add(new(member, chosen.Count, member.Name));
        }

        return chosen;
    }

    bool UsesNames() => MessagePackCSharp.KeysAreNames(type) ||
        _known.Members.Of(type).Any(m => (MessagePackCSharp.KeyOf(m.Symbol) ?? (m.Parameter is null ? null : MessagePackCSharp.KeyOf(m.Parameter))) is string);

    static bool IsPositional(MessageMember member) =>
        member.Parameter is not null && member.Symbol.ContainingType.IsRecord && member.Parameter.Name == member.Name;

    static bool IsPublicData(MessageMember member) => member.Symbol.DeclaredAccessibility == Accessibility.Public && (member.IsSettable || member.Parameter is not null);

    static bool NeedsIndex(MessageMember member) => member.Symbol switch
    {
        IPropertySymbol { SetMethod: { } set } property => property.DeclaredAccessibility == Accessibility.Public && set.DeclaredAccessibility == Accessibility.Public,
        IFieldSymbol { IsReadOnly: false } field => field.DeclaredAccessibility == Accessibility.Public,
        _ => false,
    };
}
