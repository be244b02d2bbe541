namespace ButlerRpc.Generator.Model;

/// <summary>A message, the arguments of a method, or a structure that is encoded like a message beside its user.</summary>
sealed record MessageModel
{
    /// <summary>Fully qualified.</summary>
    public required string Type { get; init; }

    /// <summary>The name in errors: <c>Order</c>.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Its declaration, to be extended; null for structures and arguments.</summary>
    public TypeName? Declaration { get; init; }

    /// <summary>The class of its codec.</summary>
    public required string CodecName { get; init; }

    public int Code { get; init; }

    /// <summary>The value of MessageFormats: the forms beside MessagePack.</summary>
    public int Formats { get; init; }

    public bool IsValueType { get; init; }

    public bool IsMap { get; init; }

    /// <summary>It can hold itself: depth is counted.</summary>
    public bool IsCyclic { get; init; }

    /// <summary>Writing runs no user code and is bounded but for strings, binaries, arrays and lists.</summary>
    public bool EncodesInPlace { get; init; }

    /// <summary>It holds what may not be used: its codec is marked as obsolete.</summary>
    public bool UsesForbidden { get; init; }

    /// <summary>A base class has a nested codec that this one hides.</summary>
    public bool HidesBaseCodec { get; init; }

    /// <summary>It cannot be constructed, so nothing is generated but the declaration; a diagnostic says why, or it is abstract.</summary>
    public bool IsBaseOnly { get; init; }

    /// <summary>In the order of their index, in the map layout of their declaration.</summary>
    public EquatableArray<MemberModel> Members { get; init; }

    /// <summary>Array layout: the number of places, gaps included.</summary>
    public int Length { get; init; }

    /// <summary>What the constructor is given.</summary>
    public EquatableArray<ArgumentModel> Arguments { get; init; }

    /// <summary>Heap bytes that an instance takes, about; charged when a peer sent fewer members than there are.</summary>
    public int HeapBytes { get; init; }

    /// <summary>Required members that are no part of the message: they get their default, since the compiler insists.</summary>
    public EquatableArray<string> OtherRequired { get; init; }

    /// <summary>A closed set of types instead of members; empty: no union.</summary>
    public EquatableArray<CaseModel> Cases { get; init; }

    /// <summary>The codecs that live beside this one: closed generics and types annotated for another library.</summary>
    public EquatableArray<MessageModel> Structures { get; init; }

    public bool IsUnion => !Cases.IsEmpty;
}

/// <summary>How a member gets its value.</summary>
enum MemberSetting
{
    /// <summary>By a constructor parameter.</summary>
    Constructor,

    /// <summary>In the object initializer, always.</summary>
    Initializer,

    /// <summary>In the object initializer, and what the type sets by itself is kept when the peer did not send it.</summary>
    InitializerOrOwnDefault,

    /// <summary>After construction, when it was sent.</summary>
    Assignment,
}

/// <summary>A member of a message.</summary>
sealed record MemberModel
{
    /// <summary>Not escaped.</summary>
    public required string Name { get; init; }

    public required int Index { get; init; }

    /// <summary>Map layout: its key.</summary>
    public required string Key { get; init; }

    /// <summary>Null: a diagnostic says why it has no wire form; it is written as nil and never set.</summary>
    public required WireType? Wire { get; init; }

    /// <summary>Fully qualified, as declared.</summary>
    public required string Type { get; init; }

    public required MemberSetting Setting { get; init; }

    /// <summary>A message without it is an error.</summary>
    public bool IsRequired { get; init; }

    /// <summary>What a constructor parameter gets when it was not sent.</summary>
    public string Default { get; init; } = "default!";

    /// <summary>The most chars or bytes; -1: no limit.</summary>
    public int MaxLength { get; init; } = -1;

    /// <summary>The most elements; -1: no limit.</summary>
    public int MaxCount { get; init; } = -1;

    /// <summary>BER in the iproto forms.</summary>
    public bool IsBer { get; init; }
}

/// <summary>One case of a union.</summary>
readonly record struct CaseModel(int Tag, WireType Wire);

/// <summary>A constructor parameter and the place in <see cref="MessageModel.Members"/> of what it is given; -1: its default.</summary>
readonly record struct ArgumentModel(string Parameter, int Member);
