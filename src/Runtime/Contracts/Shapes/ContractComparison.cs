using System.Globalization;

namespace ButlerRpc.Contracts;

/// <summary>Compares the recorded contract with the present one: what has moved, and what that means for peers built before.</summary>
sealed class ContractComparison(ContractSet recorded, ContractSet present)
{
    readonly List<ContractDifference> _differences = [];

    public IReadOnlyList<ContractDifference> Run()
    {
        foreach (var name in recorded.Messages.Keys.Union(present.Messages.Keys).OrderBy(n => n, StringComparer.Ordinal))
            Message(name);
        foreach (var name in recorded.Enums.Keys.Union(present.Enums.Keys).OrderBy(n => n, StringComparer.Ordinal))
            Enum(name);
        foreach (var name in recorded.Unions.Keys.Union(present.Unions.Keys).OrderBy(n => n, StringComparer.Ordinal))
            Union(name);
        Methods();
        RetiredCodes();
        return _differences;
    }

    void Message(string name)
    {
        var subject = $"message {name}";
        if (!present.Messages.TryGetValue(name, out var now))
        {
            Add(ContractChange.Removed, subject, null, $"message {name} is gone: peers built before still send it");
            return;
        }

        if (!recorded.Messages.TryGetValue(name, out var before))
        {
            Add(ContractChange.Added, subject, null, $"message {name} is new");
            foreach (var field in now.Fields.Values.Where(f => WasRetired(subject, f.Index)))
                Reused(subject, field);
            return;
        }

        if (before.Code != 0 && before.Code != now.Code)
            Add(ContractChange.CodeChanged, subject, null, $"the code of {name} was {Text(before.Code)}, is {(now.Code == 0 ? "none" : Text(now.Code))}: peers built before know it by the old one", (uint)before.Code);
        else if (before.Code != now.Code)
            Add(ContractChange.Added, subject, null, $"message {name} has code {Text(now.Code)}");
        if (before.IsMap != now.IsMap)
            Add(ContractChange.TypeChanged, subject, null, $"{name} was {Layout(before)}, is {Layout(now)}: peers built before would fail to decode it");
        else
            Fields(subject, before, now);
    }

    void Fields(string subject, MessageShape before, MessageShape now)
    {
        // Where one member has moved, those behind it have too: that is one mistake.
        var moved = before.Fields.Values.FirstOrDefault(f => MessageShape.HasMoved(before, now, f.Index));
        if (moved is not null)
            Moved(subject, moved, now.Fields[moved.Index]);
        foreach (var field in before.Fields.Values.Where(f => moved is null || now.Fields.Values.All(n => n.Name != f.Name)))
        {
            if (Counterpart(now, field) is not { } kept)
                Gone(subject, before, now, field);
            else if (!MessageShape.HasMoved(before, now, field.Index))
                Field(subject, "field", field, kept, $"decode {before.Name}");
        }

        foreach (var field in now.Fields.Values.Where(f => Counterpart(before, f) is null && (moved is null || before.Fields.Values.All(b => b.Name != f.Name))))
        {
            if (before.Reserved.Contains(field.Index) || WasRetired(subject, field.Index))
                Reused(subject, field);
            else if (field.IsRequired)
                Add(ContractChange.RequiredAdded, subject, field.Name, $"field {Text(field.Index)} ({field.Name}) is new and required: peers built before do not send it");
            else
                Add(ContractChange.Added, subject, field.Name, $"field {Text(field.Index)} ({field.Name}) is new");
        }

        foreach (var index in now.Reserved.Where(i => !before.Reserved.Contains(i) && !before.Fields.ContainsKey(i)))
            Add(ContractChange.Added, subject, null, $"index {Text(index)} is reserved");
    }

    void Gone(string subject, MessageShape before, MessageShape now, FieldShape field)
    {
        var what = $"field {Text(field.Index)} ({field.Name})";
        if (!now.Reserved.Contains(field.Index) && !before.IsMap)
            Add(ContractChange.Removed, subject, field.Name, $"{what} is gone: reserve its index, or the next member would take it and peers built before would misread it", (uint)field.Index);
        else if (field.Type.IsNullable || (before.IsMap && !field.IsRequired))
            Add(ContractChange.Retired, subject, field.Name, $"{what} is retired");
        else
            Add(ContractChange.Removed, subject, field.Name, $"{what} was '{field.Type.Text}' and is retired: peers built before would fail to read its absence; make it nullable first");
    }

    void Moved(string subject, FieldShape before, FieldShape now) => Add(
        ContractChange.Moved, subject, now.Name,
        $"field {Text(now.Index)} was {before.Name}, is {now.Name}: members have moved, and peers built before would misread them; a new one stands at the end, and one that is gone leaves its index reserved");

    void Field(string subject, string kind, FieldShape before, FieldShape now, string failing)
    {
        var (older, newer) = (new ShapeReading(recorded, present) { TrustsNames = true }, new ShapeReading(present, recorded) { TrustsNames = true });
        older.Type(before.Type, now.Type, "");
        newer.Type(now.Type, before.Type, "");
        var what = $"{kind} {Text(now.Index)}";
        if (newer.Faults.Any(f => f.Readability == Readability.Never))
            Add(ContractChange.TypeChanged, subject, now.Name, $"{what} was {before.Type.Text}, is {now.Type.Text}: peers built before would fail to {failing}", type: before.Type.Text);
        else if (older.Faults.Count > 0)
            Add(ContractChange.TypeChanged, subject, now.Name, $"{what} was {before.Type.Text}, is {now.Type.Text}: what peers built before send could not be read", type: before.Type.Text);
        else if (now.IsRequired && !before.IsRequired)
            Add(ContractChange.RequiredAdded, subject, now.Name, $"{what} ({now.Name}) was optional, is required: peers built before need not send it");
        else if (before != now with { Type = before.Type } || before.Type.Text != now.Type.Text)
            Add(ContractChange.Widened, subject, now.Name, $"{what} was {before.Name} {before.Type.Text}, is {now.Name} {now.Type.Text}");
    }

    void Enum(string name)
    {
        var subject = $"enum {name}";
        if (!present.Enums.TryGetValue(name, out var now))
            Add(ContractChange.Widened, subject, null, $"enum {name} is used no more"); // who used it says what that means
        else if (!recorded.Enums.TryGetValue(name, out var before))
            Add(ContractChange.Added, subject, null, $"enum {name} is new");
        else
            Field(subject, "enum", new FieldShape(0, name, TypeShape.Parse(before), false), new FieldShape(0, name, TypeShape.Parse(now), false), "decode it");
    }

    void Union(string name)
    {
        var subject = $"union {name}";
        if (!present.Unions.TryGetValue(name, out var now))
        {
            Add(ContractChange.Removed, subject, null, $"union {name} is gone: peers built before still send it");
            return;
        }

        if (!recorded.Unions.TryGetValue(name, out var before))
        {
            Add(ContractChange.Added, subject, null, $"union {name} is new");
            return;
        }

        foreach (var tag in before.Cases.Keys.Union(now.Cases.Keys))
        {
            if (!now.Cases.TryGetValue(tag, out var kept))
                Add(ContractChange.Removed, subject, before.Cases[tag].Text, $"case {Text(tag)} ({before.Cases[tag].Text}) is gone: peers built before still send it");
            else if (!before.Cases.TryGetValue(tag, out var old))
                Add(ContractChange.Added, subject, kept.Text, $"case {Text(tag)} ({kept.Text}) is new: peers built before fail on it when it comes");
            else
                Field(subject, "case", new FieldShape(tag, old.Text, old, false), new FieldShape(tag, kept.Text, kept, false), "decode it");
        }
    }

    void Methods()
    {
        var methods = new MethodComparison(recorded, present, _differences.Add);
        methods.Run();
    }

    // Lines of messages and methods that were taken out by hand and marked as retired.
    void RetiredCodes()
    {
        foreach (var line in recorded.Retired.OrderBy(l => l, StringComparer.Ordinal))
        {
            if (line.Split(' ') is not [("message" or "method") and var kind, var name, "code", var code, ..])
                continue;
            var user = kind == "message"
                ? present.Messages.Values.FirstOrDefault(m => Text(m.Code) == code)?.Name
                : present.Methods.Values.FirstOrDefault(m => m.Code.ToString(CultureInfo.InvariantCulture) == code)?.Name;
            if (user is not null)
                Add(ContractChange.Reused, $"{kind} {user}", null, $"code {code} was that of {name}, is retired and cannot be used for {user}: peers built before would take one for the other");
        }
    }

    static FieldShape? Counterpart(MessageShape message, FieldShape field) =>
        message.IsMap ? message.Fields.Values.FirstOrDefault(f => f.Name == field.Name)
        : message.Fields.TryGetValue(field.Index, out var found) ? found : null;

    bool WasRetired(string subject, int index) => recorded.Retired.Any(l => l.StartsWith($"{subject} field {Text(index)} ", StringComparison.Ordinal));

    void Reused(string subject, FieldShape field) =>
        Add(ContractChange.Reused, subject, field.Name, $"index {Text(field.Index)} is retired and cannot be used for {field.Name}: peers built before would misread it");

    void Add(ContractChange change, string subject, string? member, string text, uint? number = null, string? type = null) =>
        _differences.Add(new ContractDifference(change, subject, member, text) { Number = number, RecordedType = type });

    static string Layout(MessageShape message) => message.IsMap ? "a map" : "an array";

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
