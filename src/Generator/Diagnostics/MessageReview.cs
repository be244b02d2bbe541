using System.Collections.Immutable;
using System.Globalization;
using ButlerRpc.Generator.Model;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Looks at a message that could be generated: is it wise, and do its attributes do what they say?</summary>
sealed class MessageReview(INamedTypeSymbol type, MessageModel model, KnownSymbols known, Action<Diagnostic> report, CancellationToken cancellationToken)
{
    // More are not listed one by one: who leaves so many places empty did not forget one.
    const int MostGapsToFix = 32;

    readonly AttributeData? _attribute = type.Find(known.ButlerMessage);

    public void Run(bool hasBadIndex)
    {
        var members = known.Members.Of(type).ToDictionary(m => m.Name, StringComparer.Ordinal);
        Reserved();
        Fields(members);
        if (!hasBadIndex && !model.IsMap)
            Indexes(members);
        Struct();
        Ring();
        ClosedEnums();
        if (model.IsUnion && model.Formats != 0)
            report(new TypeFault(Descriptors.UnsupportedType, type, ": a union has no iproto form; leave Formats out").At(_attribute?.PlaceOf("Formats") ?? type.Locations[0], type.Name)!);
        foreach (var member in model.Members)
            Member(member, members[member.Name]);
    }

    void Member(MemberModel read, MessageMember member)
    {
        // A member of a base type that is a message is reported there.
        if (read.Wire is not { } wire || !IsOwn(member) || member.Location is not { } location)
            return;
        var review = new ValueReview(member.Name, member.Type, wire, location, known, report);
        review.Type();
        review.Attributes(member.Attributes, isStream: false, () => WhyNoBer(wire));
        if (model.Formats != 0 && WhyNoIproto(wire, member.Type) is { } reason)
            report(new TypeFault(Descriptors.UnsupportedType, member.Type, reason).At(location, member.Name)!);
    }

    string? WhyNoBer(WireType wire) =>
        model.Formats == 0 ? $"message '{type.Name}' has no iproto form; give it Formats = MessageFormats.Iproto"
        : IprotoForms.DependsOnMode(wire) ? null
        : "it is packed the same way without it";

    string? WhyNoIproto(WireType wire, ITypeSymbol memberType)
    {
        if (!IprotoForms.Has(wire))
            return $" in iproto, which knows {IprotoForms.Known}";
        var foreign = MessageKinds.Components(memberType).OfType<INamedTypeSymbol>()
            .FirstOrDefault(t => t.Find(known.ButlerMessage) is { } attribute && attribute.Named("Formats", 0) == 0);
        return foreign is null ? null : $" in iproto: give '{foreign.Name}' Formats = MessageFormats.Iproto";
    }

    void Reserved()
    {
        if (type.Find(known.ButlerReserved) is not { } attribute)
            return;
        if (model.IsMap || model.IsUnion)
        {
            report(Diagnostic.Create(
                Descriptors.BadReserved, attribute.Place() ?? type.Locations[0], string.Join(", ", ReservedIndexes.Values(attribute)), type.Name,
                model.IsMap ? "cannot be reserved: in the map layout members have names" : "cannot be reserved: a union has tags"));
            return;
        }

        var seen = new HashSet<int>();
        foreach (var (index, place) in ReservedIndexes.Values(attribute).Select((index, place) => (index, place)))
        {
            var fault = index is < 0 or >= MessageParser.MostIndexes ? $"is out of range; an index is between 0 and {MessageParser.MostIndexes - 1}"
                : seen.Add(index) ? null
                : "is reserved twice";
            if (fault is not null)
                report(Diagnostic.Create(Descriptors.BadReserved, attribute.PlaceOf(place) ?? type.Locations[0], Text(index), type.Name, fault));
        }
    }

    void Indexes(IReadOnlyDictionary<string, MessageMember> members)
    {
        var reserved = ReservedIndexes.Of(type, known);
        foreach (var member in model.Members.Where(m => reserved.Contains(m.Index) && IsOwn(members[m.Name])))
        {
            report(Diagnostic.Create(
                Descriptors.BadReserved, members[member.Name].Location ?? type.Locations[0], Text(member.Index), type.Name,
                $"is reserved and cannot be that of '{member.Name}': peers built before would misread it; take another with [ButlerField]"));
        }

        var used = model.Members.ToDictionary(m => m.Index);
        var gaps = Enumerable.Range(0, used.Keys.DefaultIfEmpty(-1).Max() + 1).Where(i => !used.ContainsKey(i) && !reserved.Contains(i)).ToList();
        var behind = model.Members.Where(m => gaps.Contains(m.Index - 1) && IsOwn(members[m.Name])).Select(m => members[m.Name]).FirstOrDefault();
        if (behind is null)
            return;
        var list = string.Join(", ", gaps.Select(Text));
        var properties = gaps.Count > MostGapsToFix ? ImmutableDictionary<string, string?>.Empty : ImmutableDictionary<string, string?>.Empty.Add(FixProperties.Number, list);
        report(Diagnostic.Create(Descriptors.IndexGap, behind.Location ?? type.Locations[0], properties, type.Name, gaps.Count > MostGapsToFix ? $"{Text(gaps[0])} and others" : list));
    }

    // What the codec does not see would be left out without a word.
    void Fields(IReadOnlyDictionary<string, MessageMember> members)
    {
        foreach (var member in type.GetMembers())
        {
            if (member.Find(known.ButlerField) is not { } attribute || members.ContainsKey(member.Name))
                continue;
            var what = member.IsStatic ? "a static member" : member is IPropertySymbol { IsIndexer: true } ? "an indexer" : "what cannot be read by its name";
            report(Diagnostic.Create(Descriptors.FieldOfNoData, attribute.Place() ?? member.Locations[0], member.Name, what, type.Name));
        }
    }

    // A backing field is read-only unless the property has a set accessor.
    void Struct()
    {
        if (type is { IsValueType: true, IsReadOnly: false } && type.GetMembers().OfType<IFieldSymbol>().Any(f => f is { IsStatic: false, IsReadOnly: false, IsConst: false }))
            report(Diagnostic.Create(Descriptors.MutableStruct, type.Locations[0], type.Name));
    }

    void Ring()
    {
        if (new EndlessMessages(known, cancellationToken).RingOf(type) is { } ring)
            report(Diagnostic.Create(Descriptors.EndlessMessage, ring[0].Member?.Location ?? type.Locations[0], type.Name, string.Join(", ", ring)));
    }

    void ClosedEnums()
    {
        if (_attribute is null || !_attribute.Named("ClosedEnums", false))
            return;
        var enums = model.Members.Where(m => m.Wire is not null).SelectMany(m => ValueReview.Parts(m.Wire!)).Where(w => w.Kind == WireKind.Enum).ToList();
        var fault = enums.Count == 0 ? "has no effect: none of its members is an enum"
            : enums.FirstOrDefault(e => e.Closed == "false") is { } nothing ? $"refuses every value of '{ShapeNames.OfType(nothing.Type)}', which names none"
            : null;
        if (fault is not null)
            report(Diagnostic.Create(Descriptors.BadClosedEnums, _attribute.PlaceOf("ClosedEnums") ?? type.Locations[0], type.Name, fault));
    }

    bool IsOwn(MessageMember member) =>
        SymbolEqualityComparer.Default.Equals(member.Symbol.ContainingType, type) || !MessageKinds.IsButlerMessage(member.Symbol.ContainingType, known);

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
