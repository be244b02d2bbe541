namespace ButlerRpc.Contracts;

/// <summary>
/// The wire form of a type as contract lines write it: <c>int64</c>, <c>string?</c>, <c>list&lt;Shop.Line&gt;</c>, <c>map&lt;string,int32&gt;</c>,
/// <c>Shop.Order</c>. What is not built in is the name of a message, an enum or a union.
/// </summary>
sealed class TypeShape
{
    // As deep as a message may be. A peer's line may be nested as deeply as a frame is long; what is nested more deeply is a name that nobody knows.
    const int MostNested = 64;

    TypeShape(string name, bool isNullable, IReadOnlyList<TypeShape> arguments, string text)
    {
        Name = name;
        IsNullable = isNullable;
        Arguments = arguments;
        Text = text;
    }

    /// <summary>Without arguments and question mark; for the name of a type with its arguments.</summary>
    public string Name { get; }

    /// <summary>It may be nil.</summary>
    public bool IsNullable { get; }

    /// <summary>Of <c>list</c>, <c>map</c> and <c>tuple</c>.</summary>
    public IReadOnlyList<TypeShape> Arguments { get; }

    /// <summary>As it stands in the line.</summary>
    public string Text { get; }

    public static TypeShape Parse(string text) => Parse(text, depth: 0);

    static TypeShape Parse(string text, int depth)
    {
        var nullable = text.EndsWith("?", StringComparison.Ordinal);
        var bare = nullable ? text.Substring(0, text.Length - 1) : text;
        var open = bare.IndexOf('<');
        var head = open < 0 ? bare : bare.Substring(0, open);
        return head is "list" or "map" or "tuple" && open > 0 && bare[bare.Length - 1] == '>' && depth < MostNested
            ? new TypeShape(head, nullable, [.. Split(bare.Substring(open + 1, bare.Length - open - 2)).Select(a => Parse(a, depth + 1))], text)
            : new TypeShape(bare, nullable, [], text);
    }

    /// <summary>An integer's range in powers of two: from −2^Negative to 2^Positive − 1; null for what is no integer.</summary>
    public static (int Negative, int Positive)? IntegerRange(string name) => name switch
    {
        "int8" => (7, 7),
        "int16" => (15, 15),
        "int32" => (31, 31),
        "int64" => (63, 63),
        "uint8" => (-1, 8),
        "uint16" or "char" => (-1, 16),
        "uint32" => (-1, 32),
        "uint64" => (-1, 64),
        _ => null,
    };

    static IEnumerable<string> Split(string arguments)
    {
        var (start, depth) = (0, 0);
        for (var i = 0; i < arguments.Length; i++)
        {
            depth += arguments[i] switch { '<' => 1, '>' => -1, _ => 0 };
            if (arguments[i] != ',' || depth != 0)
                continue;
            yield return arguments.Substring(start, i - start);
            start = i + 1;
        }

        yield return arguments.Substring(start);
    }
}
