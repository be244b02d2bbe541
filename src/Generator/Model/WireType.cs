namespace ButlerRpc.Generator.Model;

/// <summary>How a value of a type travels.</summary>
enum WireKind
{
    /// <summary>Bounded bytes: <c>MessagePackRaw.Write{Name}</c>, <c>reader.Read{Name}</c>.</summary>
    Scalar,

    /// <summary>A scalar under another type: <see cref="WireType.Items"/> holds the underlying integer.</summary>
    Enum,

    /// <summary>A string.</summary>
    String,

    /// <summary>A binary in one of the types that hold bytes; <see cref="WireType.Form"/> says which.</summary>
    Bytes,

    /// <summary>One call each: <c>writer.Write{Name}</c>, <c>reader.Read{Name}</c>.</summary>
    Value,

    /// <summary>Nil, or the only one of <see cref="WireType.Items"/>.</summary>
    Nullable,

    /// <summary>A message with a generated codec, whose class <see cref="WireType.Name"/> is.</summary>
    Message,

    /// <summary>A message whose codec is written by hand, found through IButlerMessage.</summary>
    HandWritten,

    /// <summary>A type of somebody else with static Write and Read in the class <see cref="WireType.Name"/>.</summary>
    Custom,

    /// <summary>A type whose codec is generated beside its user: closed generics, types annotated for another library. <see cref="WireType.Name"/> is the class.</summary>
    Structure,

    /// <summary>An array of elements; the only item is the element.</summary>
    Sequence,

    /// <summary>A map; the items are key and value.</summary>
    Map,

    /// <summary>An array with one place for each item.</summary>
    Tuple,
}

/// <summary>A type as it travels. Compared by value; nothing in it holds a symbol.</summary>
sealed record WireType
{
    public required WireKind Kind { get; init; }

    /// <summary>Fully qualified, with the nullability of its type arguments; a nullable reference has its question mark.</summary>
    public required string Type { get; init; }

    /// <summary>What carries it, see <see cref="WireKind"/>.</summary>
    public string Name { get; init; } = "";

    /// <summary>A readable name that is unique for the type among those of one codec only by chance: <c>ListOfOrderLine</c>.</summary>
    public required string Label { get; init; }

    public bool IsReference { get; init; }

    /// <summary>The fewest bytes of a value.</summary>
    public int MinBytes { get; init; } = 1;

    /// <summary>The most bytes of a value; 0 when that is not known before.</summary>
    public int MaxBytes { get; init; }

    public EquatableArray<WireType> Items { get; init; }

    /// <summary>Sequences, maps and binaries: how the collection is walked and built.</summary>
    public CollectionForm? Form { get; init; }

    /// <summary>Tuples: the members to read; <c>Item1</c> and so on.</summary>
    public EquatableArray<string> Fields { get; init; }

    /// <summary>Closed enums: the condition on <c>raw</c>, the underlying value; empty: any value passes.</summary>
    public string Closed { get; init; } = "";

    /// <summary>Writing runs no user code, so it may be done in the session's send buffer.</summary>
    public bool IsClosedShape { get; init; } = true;

    public WireType Item => Items[0];

    /// <summary>Its codec, or that of a part, is written beside its user.</summary>
    public bool HoldsStructure => Kind == WireKind.Structure || Items.Items.Any(i => i.HoldsStructure);

    /// <summary>Without the question mark of a nullable reference.</summary>
    public string BareType => Kind == WireKind.Nullable && IsReference ? Item.Type : Type;
}

/// <summary>How a collection is walked and built.</summary>
/// <param name="Span">An expression for its elements as a span, <c>{0}</c> being the collection; null: it is enumerated.</param>
/// <param name="Count">An expression for the number of its elements.</param>
/// <param name="Source">What is enumerated.</param>
/// <param name="Via">What the elements are read into: <c>Array</c>, <c>List</c>, <c>Set</c> or <c>Dictionary</c>.</param>
/// <param name="Build">An expression that makes the collection of that, <c>{0}</c>, with the comparer <c>{1}</c>, of <c>{2}</c> (and <c>{3}</c>), in the order <c>{4}</c>.</param>
/// <param name="Charge">Bytes of heap that an empty one costs.</param>
/// <param name="ChargeEach">Bytes of heap that each element costs beside itself.</param>
sealed record CollectionForm(string? Span, string Count, string Source, string Via, string Build, int Charge = 0, int ChargeEach = 0);
