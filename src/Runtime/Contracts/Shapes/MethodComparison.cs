using System.Globalization;

namespace ButlerRpc.Contracts;

/// <summary>The methods' part of <see cref="ContractComparison"/>.</summary>
sealed class MethodComparison(ContractSet recorded, ContractSet present, Action<ContractDifference> add)
{
    public void Run()
    {
        var now = present.Methods.Values.ToDictionary(m => m.Code);
        var unmatched = new List<MethodFacts>();
        foreach (var before in recorded.Methods.Values.OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            if (now.TryGetValue(before.Code, out var same))
            {
                now.Remove(before.Code);
                Compare(before, same);
            }
            else
            {
                unmatched.Add(before);
            }
        }

        foreach (var before in unmatched)
        {
            if (now.Values.FirstOrDefault(m => FullName(m) == FullName(before)) is { } renumbered)
            {
                now.Remove(renumbered.Code);
                if (!GoesByItsMessage(recorded, before) || !GoesByItsMessage(present, renumbered)) // else it is the message's code that has changed, which is reported there
                    Add(ContractChange.CodeChanged, renumbered, $"the code of {FullName(before)} was {Text(before.Code)}, is {Text(renumbered.Code)}: peers built before call the old one", before.Code);
                Compare(before, renumbered);
            }
            else
            {
                add(new ContractDifference(ContractChange.Removed, $"method {before.Name}", null, $"method {before.Name} is gone: peers built before still call it"));
            }
        }

        foreach (var added in now.Values.OrderBy(m => m.Name, StringComparer.Ordinal))
            Add(ContractChange.Added, added, $"method {added.Name} is new");
    }

    void Compare(MethodFacts before, MethodFacts now)
    {
        var oldCaller = MethodReading.Compare(recorded, before, present, now, trustsNames: true);
        var newCaller = MethodReading.Compare(present, now, recorded, before, trustsNames: true);
        var toNew = oldCaller.Requests.Concat(newCaller.Replies).FirstOrDefault();
        var toOld = newCaller.Requests.Concat(oldCaller.Replies).FirstOrDefault(f => f.Readability == Readability.Never);
        if (toOld is not null)
            Add(ContractChange.TypeChanged, now, $"{toOld.Member}: {toOld.Text}, so peers built before could not read what is sent now");
        else if (toNew is not null)
            Add(ContractChange.TypeChanged, now, $"{toNew.Member}: {toNew.Text}, so what peers built before send could not be read");
        else if (before.Name != now.Name || !SameFacts(before, now))
            Add(ContractChange.Widened, now, $"method {now.Name} has another shape that peers built before understand");
    }

    static bool GoesByItsMessage(ContractSet set, MethodFacts method) =>
        method.Request is { } request && set.Messages.TryGetValue(request.Name, out var message) && (uint)message.Code == method.Code;

    static bool SameFacts(MethodFacts before, MethodFacts now) =>
        before.Request?.Text == now.Request?.Text && before.Result?.Text == now.Result?.Text && Same(before.Arguments.Fields, now.Arguments.Fields) &&
        Same(before.Streams, now.Streams) && before.Faults.Select(f => f.Text).SequenceEqual(now.Faults.Select(f => f.Text));

    static bool Same(SortedDictionary<int, FieldShape> before, SortedDictionary<int, FieldShape> now) =>
        before.Values.Select(Line).SequenceEqual(now.Values.Select(Line));

    static string Line(FieldShape field) => $"{Text((uint)field.Index)} {field.Name} {field.Type.Text} {field.IsRequired}";

    // Behind the colon stands what tells overloads apart.
    static string FullName(MethodFacts method) => method.Name.IndexOf(':') is var colon and >= 0 ? method.Name.Substring(0, colon) : method.Name;

    void Add(ContractChange change, MethodFacts method, string text, uint? number = null) =>
        add(new ContractDifference(change, $"method {method.Name}", null, text) { Number = number });

    static string Text(uint number) => number > int.MaxValue ? "0x" + number.ToString("X8", CultureInfo.InvariantCulture) : number.ToString(CultureInfo.InvariantCulture);
}
