using System.Globalization;

namespace ButlerRpc.Contracts;

/// <summary>One member of a message, or one argument of a method.</summary>
sealed record FieldShape(int Index, string Name, TypeShape Type, bool IsRequired);

/// <summary>A message as its lines describe it.</summary>
sealed class MessageShape(string name)
{
    public string Name { get; } = name;

    public int Code { get; set; }

    public bool IsMap { get; set; }

    public SortedDictionary<int, FieldShape> Fields { get; } = [];

    public SortedSet<int> Reserved { get; } = [];

    /// <summary>
    /// Two shapes of an array have different members at an index, and one of the two stands elsewhere on the other side. That is no new name but another order, or a member
    /// put in or taken out in the middle: what one side writes would be read as something else.
    /// </summary>
    public static bool HasMoved(MessageShape one, MessageShape other, int index) =>
        !one.IsMap && one.Fields.TryGetValue(index, out var left) && other.Fields.TryGetValue(index, out var right) && !SameName(left, right) &&
        (one.Fields.Values.Any(f => SameName(f, right)) || other.Fields.Values.Any(f => SameName(f, left)));

    // A member of a message may be an argument on the other side, which begins with a small letter.
    static bool SameName(FieldShape left, FieldShape right) => left.Name.Equals(right.Name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A closed set of messages: tag to type.</summary>
sealed class UnionShape(string name)
{
    public string Name { get; } = name;

    public SortedDictionary<int, TypeShape> Cases { get; } = [];
}

/// <summary>A method as its lines describe it.</summary>
sealed class MethodFacts(string name)
{
    /// <summary>The subject of its lines: the full name, and behind a colon its code when it is one of several overloads.</summary>
    public string Name { get; } = name;

    public uint Code { get; set; }

    /// <summary><c>unary</c>, <c>oneway</c>, <c>serverstream</c>, <c>clientstream</c> or <c>duplex</c>.</summary>
    public string Kind { get; set; } = "";

    /// <summary>The message that is the request; null: an array of <see cref="Arguments"/>.</summary>
    public TypeShape? Request { get; set; }

    public MessageShape Arguments { get; } = new(name);

    /// <summary>The result or the item of the result stream; null: none.</summary>
    public TypeShape? Result { get; set; }

    public SortedDictionary<int, FieldShape> Streams { get; } = [];

    public List<TypeShape> Faults { get; } = [];
}

/// <summary>A contract read from its lines: those of the lock file, of an assembly, or of one method as a peer sent it.</summary>
sealed class ContractSet
{
    public const string RetiredPrefix = "RETIRED ";

    readonly Dictionary<string, MessageShape> _messages = new(StringComparer.Ordinal);
    readonly Dictionary<string, UnionShape> _unions = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _enums = new(StringComparer.Ordinal);
    readonly Dictionary<string, MethodFacts> _methods = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, MessageShape> Messages => _messages;

    public IReadOnlyDictionary<string, UnionShape> Unions => _unions;

    /// <summary>Name to underlying integer.</summary>
    public IReadOnlyDictionary<string, string> Enums => _enums;

    public IReadOnlyDictionary<string, MethodFacts> Methods => _methods;

    /// <summary>Facts that were true once and whose names and numbers must not be used again; without the word RETIRED.</summary>
    public HashSet<string> Retired { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads lines. What it does not know is passed over: it comes from a later version.</summary>
    public static ContractSet Parse(IEnumerable<string> lines)
    {
        var set = new ContractSet();
        foreach (var line in lines.Select(l => l.Trim()))
        {
            if (line.StartsWith(RetiredPrefix, StringComparison.Ordinal))
                set.Retired.Add(line.Substring(RetiredPrefix.Length));
            else if (line.Length > 0 && line[0] != '#')
                set.Add(line.Split(' '));
        }

        return set;
    }

    void Add(ReadOnlySpan<string> words)
    {
        switch (words)
        {
            case ["message", var name, .. var fact]:
                Message(GetOrAdd(_messages, name, static n => new MessageShape(n)), fact);
                break;
            case ["enum", var name, var type]:
                _enums[name] = type;
                break;
            case ["union", var name, "case", var tag, var type] when TryNumber(tag, out var number):
                GetOrAdd(_unions, name, static n => new UnionShape(n)).Cases[number] = TypeShape.Parse(type);
                break;
            case ["method", var name, .. var fact]:
                Method(GetOrAdd(_methods, name, static n => new MethodFacts(n)), fact);
                break;
        }
    }

    static void Message(MessageShape message, ReadOnlySpan<string> fact)
    {
        switch (fact)
        {
            case ["array" or "map"]:
                message.IsMap = fact[0] == "map";
                break;
            case ["code", var code] when TryNumber(code, out var number):
                message.Code = number;
                break;
            case ["field", .. var field] when Field(field) is { } shape:
                message.Fields[shape.Index] = shape;
                break;
            case ["reserved", var index] when TryNumber(index, out var number):
                message.Reserved.Add(number);
                break;
        }
    }

    static void Method(MethodFacts method, ReadOnlySpan<string> fact)
    {
        switch (fact)
        {
            case ["code", var code, var kind] when uint.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                (method.Code, method.Kind) = (number, kind);
                break;
            case ["request", var type]:
                method.Request = TypeShape.Parse(type);
                break;
            case ["argument", .. var field] when Field(field) is { } shape:
                method.Arguments.Fields[shape.Index] = shape;
                break;
            case ["result", var type]:
                method.Result = TypeShape.Parse(type);
                break;
            case ["stream", .. var field] when Field(field) is { } shape:
                method.Streams[shape.Index] = shape;
                break;
            case ["fault", var type]:
                method.Faults.Add(TypeShape.Parse(type));
                break;
        }
    }

    static FieldShape? Field(ReadOnlySpan<string> words) => words is [var index, var name, var type, .. var rest] && TryNumber(index, out var number)
        ? new FieldShape(number, name, TypeShape.Parse(type), rest is ["required", ..])
        : null;

    static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    static T GetOrAdd<T>(Dictionary<string, T> items, string name, Func<string, T> make)
    {
        if (!items.TryGetValue(name, out var item))
            items.Add(name, item = make(name));
        return item;
    }
}
