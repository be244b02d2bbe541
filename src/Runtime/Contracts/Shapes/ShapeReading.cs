using System.Globalization;

namespace ButlerRpc.Contracts;

/// <summary>Whether one side can read what the other writes.</summary>
enum Readability
{
    /// <summary>Every value.</summary>
    Always,

    /// <summary>Some values only: nil, a number out of range or an unknown case fails when it comes.</summary>
    Sometimes,

    /// <summary>No value.</summary>
    Never,
}

/// <summary>One place where a reader cannot read everything that a writer may write.</summary>
/// <param name="Member">Where: <c>Shop.Order field 3 (Customer)</c>.</param>
/// <param name="Readability">How bad it is.</param>
/// <param name="Text">What stands on either side.</param>
sealed record ReadingFault(string Member, Readability Readability, string Text);

/// <summary>
/// Finds what a reader with one contract cannot read of what a writer with another one sends. The one place that knows which differences of shape matter: the
/// contract lock asks it both ways between the recorded and the present contract, a session asks it request by request and reply by reply.
/// </summary>
sealed class ShapeReading(ContractSet writer, ContractSet reader)
{
    readonly List<ReadingFault> _faults = [];
    readonly HashSet<(string, string)> _visited = [];
    readonly Queue<Action> _unread = new(); // one after the other, not within each other: a peer can describe a chain that is as long as a frame

    public IReadOnlyList<ReadingFault> Faults => _faults;

    /// <summary>Messages with the same name on both sides are left to their own comparison.</summary>
    public bool TrustsNames { get; init; }

    public void Type(TypeShape written, TypeShape read, string member)
    {
        Compare(written, read, member);
        ReadOn();
    }

    public void Message(MessageShape written, MessageShape read)
    {
        Later(written, read);
        ReadOn();
    }

    void Compare(TypeShape written, TypeShape read, string member)
    {
        if (written.Name == "nil")
        {
            if (!read.IsNullable)
                Fault(member, Readability.Never, $"nothing is written, '{read.Text}' is read");
            return;
        }

        if (written.IsNullable && !read.IsNullable)
            Fault(member, Readability.Sometimes, $"'{written.Text}' is written, '{read.Text}' is read: nil would fail");
        if (written.Name == read.Name && written.Arguments.Count == read.Arguments.Count && (TrustsNames || IsBuiltIn(read)))
            Arguments(written, read, member);
        else if (Message(writer, written) is { } from && Message(reader, read) is { } to)
            Later(from, to);
        else if (Union(writer, written) is { } cases && Union(reader, read) is { } known)
            Later(cases, known);
        else if (TypeShape.IntegerRange(Underlying(writer, written)) is { } range && TypeShape.IntegerRange(Underlying(reader, read)) is { } room)
            Integers(written, read, range, room, member);
        else if (written.Name == read.Name && written.Arguments.Count == read.Arguments.Count && read.Arguments.Count > 0)
            Arguments(written, read, member);
        else if (!(written.Name == "float32" && read.Name == "float64") && !(written.Name == read.Name && IsUnknown(written, read)))
            Fault(member, Readability.Never, $"'{written.Text}' is written, '{read.Text}' is read");
    }

    /// <summary>Notes that nothing can be read.</summary>
    public void Unreadable(string member, string text) => Fault(member, Readability.Never, text);

    void Later(MessageShape written, MessageShape read)
    {
        if (_visited.Add((written.Name, read.Name)))
            _unread.Enqueue(() => Fields(written, read));
    }

    void Later(UnionShape written, UnionShape read)
    {
        if (_visited.Add((written.Name, read.Name)))
            _unread.Enqueue(() => Cases(written, read));
    }

    void ReadOn()
    {
        while (_unread.Count > 0)
            _unread.Dequeue()();
    }

    void Fields(MessageShape written, MessageShape read)
    {
        if (written.IsMap != read.IsMap)
        {
            Fault(read.Name, Readability.Never, $"{Layout(written)} is written, {Layout(read)} is read");
            return;
        }

        foreach (var field in read.Fields.Values)
        {
            var member = $"{read.Name} field {Number(field.Index)} ({field.Name})";
            if (MessageShape.HasMoved(written, read, field.Index))
                Fault(member, Readability.Never, $"{written.Fields[field.Index].Name} is written there: members have moved");
            else
                Field(written, Counterpart(written, field, read.IsMap), field, member);
        }
    }

    void Field(MessageShape message, FieldShape? written, FieldShape read, string member)
    {
        if (written is not null)
            Compare(written.Type, read.Type, member);
        else if (message.Reserved.Contains(read.Index) && !message.IsMap && !read.Type.IsNullable)
            Fault(member, Readability.Never, $"nil is written for the retired member, '{read.Type.Text}' is read");
        else if (read.IsRequired && !message.Reserved.Contains(read.Index))
            Fault(member, Readability.Never, "it is required, and is not written");
    }

    static FieldShape? Counterpart(MessageShape message, FieldShape field, bool byName) =>
        byName ? message.Fields.Values.FirstOrDefault(f => f.Name == field.Name)
        : message.Fields.TryGetValue(field.Index, out var found) ? found : null;

    void Cases(UnionShape written, UnionShape read)
    {
        foreach (var pair in written.Cases)
        {
            var member = $"{read.Name} case {Number(pair.Key)}";
            if (read.Cases.TryGetValue(pair.Key, out var known))
                Compare(pair.Value, known, member);
            else
                Fault(member, Readability.Sometimes, $"'{pair.Value.Text}' may be written, the case is unknown to the reader");
        }
    }

    void Integers(TypeShape written, TypeShape read, (int Negative, int Positive) range, (int Negative, int Positive) room, string member)
    {
        if (range.Negative > room.Negative || range.Positive > room.Positive)
            Fault(member, Readability.Sometimes, $"'{written.Text}' is written, '{read.Text}' is read: a number out of its range would fail");
    }

    void Arguments(TypeShape written, TypeShape read, string member)
    {
        for (var i = 0; i < read.Arguments.Count; i++)
            Compare(written.Arguments[i], read.Arguments[i], member);
    }

    void Fault(string member, Readability readability, string text) => _faults.Add(new ReadingFault(member, readability, text));

    bool IsBuiltIn(TypeShape type) => Message(reader, type) is null && Union(reader, type) is null && !reader.Enums.ContainsKey(type.Name);

    // A name that neither side describes, such as a hand-written codec's: the name is all there is to compare.
    bool IsUnknown(TypeShape written, TypeShape read) => written.Arguments.Count == 0 && read.Arguments.Count == 0 && Message(writer, written) is null && Message(reader, read) is null;

    static MessageShape? Message(ContractSet set, TypeShape type) => set.Messages.TryGetValue(type.Name, out var message) ? message : null;

    static UnionShape? Union(ContractSet set, TypeShape type) => set.Unions.TryGetValue(type.Name, out var union) ? union : null;

    static string Underlying(ContractSet set, TypeShape type) => set.Enums.TryGetValue(type.Name, out var underlying) ? underlying : type.Name;

    static string Layout(MessageShape message) => message.IsMap ? "a map" : "an array";

    static string Number(int index) => index.ToString(CultureInfo.InvariantCulture);
}
