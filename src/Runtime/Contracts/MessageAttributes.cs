namespace ButlerRpc;

/// <summary>How the members of a message are laid out in its MessagePack form.</summary>
public enum MessageLayout
{
    /// <summary>An array: the smallest form, members by index. The default.</summary>
    Array,

    /// <summary>A map: members by name, for loosely coupled peers in other languages.</summary>
    Map,
}

/// <summary>The codecs that are generated for a message. MessagePack is always there.</summary>
[Flags]
public enum MessageFormats
{
    /// <summary>MessagePack only. The default.</summary>
    MessagePack = 0,

    /// <summary>The iproto form: fixed-width little-endian integers and u32 counts.</summary>
    Iproto = 1,

    /// <summary>
    /// The iproto form as go-iproto packs it in its BER mode. For a message that is the same form: the members of a struct keep their fixed width unless they
    /// are marked <c>[IprotoBer]</c>, which makes them base-128 groups (perl pack <c>w</c>).
    /// </summary>
    IprotoBer = 2,
}

/// <summary>Marks a partial record, class or struct as a message: the compiler writes its codec.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface, Inherited = false)]
public sealed class ButlerMessageAttribute : Attribute
{
    /// <summary>
    /// The code of the message, 1 to 0x7FFF_FFFF, unique in a server. Needed only for iproto, untyped calls and faults;
    /// without it the message is data that travels inside other messages or as a parameter.
    /// </summary>
    public int Code { get; set; }

    /// <summary>Array (the default) or map.</summary>
    public MessageLayout Layout { get; set; }

    /// <summary>Codecs to generate beside MessagePack. Default: none.</summary>
    public MessageFormats Formats { get; set; }

    /// <summary>True: a value outside an enum's named values is an error when read. Default: unknown values pass through.</summary>
    public bool ClosedEnums { get; set; }
}

/// <summary>The index of a member on the wire. Positional record members have their position without it.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter, Inherited = false)]
public sealed class ButlerFieldAttribute(int index) : Attribute
{
    /// <summary>0 to 4095, unique in the message and its base messages.</summary>
    public int Index { get; } = index;
}

/// <summary>Leaves a member out of the message.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field, Inherited = false)]
public sealed class ButlerIgnoreAttribute : Attribute;

/// <summary>Retired indexes: written as nil, skipped when read, never used again.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = false)]
public sealed class ButlerReservedAttribute(params int[] indexes) : Attribute
{
    /// <summary>The retired indexes.</summary>
    public IReadOnlyList<int> Indexes { get; } = indexes;
}

/// <summary>One case of a closed set of types, on the abstract record or interface that they share. On the wire: <c>[tag, body]</c>.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Interface, AllowMultiple = true, Inherited = false)]
public sealed class ButlerUnionAttribute(int tag, Type @case) : Attribute
{
    /// <summary>The number that stands for the case on the wire; unique in the union.</summary>
    public int Tag { get; } = tag;

    /// <summary>The message that is the case.</summary>
    public Type Case { get; } = @case;
}

/// <summary>The longest string (in UTF-16 units) or binary (in bytes) the decoder accepts, checked before it allocates.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter, Inherited = false)]
public sealed class ButlerMaxLengthAttribute(int length) : Attribute
{
    /// <summary>The limit; 0 or more.</summary>
    public int Length { get; } = length;
}

/// <summary>The most elements the decoder accepts in a collection, checked before it allocates.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter, Inherited = false)]
public sealed class ButlerMaxCountAttribute(int count) : Attribute
{
    /// <summary>The limit; 0 or more.</summary>
    public int Count { get; } = count;
}

/// <summary>BER for this member in the iproto formats.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter, Inherited = false)]
public sealed class IprotoBerAttribute : Attribute;

/// <summary>
/// A hand-written codec for a type that the user does not own: <paramref name="codec"/> has static
/// <c>void Write(ref MessagePackWriter, T)</c> and <c>T Read(ref MessagePackReader)</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter | AttributeTargets.Assembly, AllowMultiple = true, Inherited = false)]
public sealed class UseCodecAttribute(Type codec) : Attribute
{
    /// <summary>The class with the static Write and Read.</summary>
    public Type Codec { get; } = codec;
}
