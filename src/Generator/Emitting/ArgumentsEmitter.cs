using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>One argument that travels in the array of a request.</summary>
/// <param name="Name">The parameter's name, not escaped; the field of the request struct has it too.</param>
/// <param name="Wire">What the classifier said of its type.</param>
/// <param name="Default">What stands for it when an older caller did not send it, as an expression; null: a reference that cannot be null is an error then, anything else its type's default.</param>
readonly record struct ArgumentField(string Name, WireType Wire, string? Default)
{
    /// <summary>The most chars or bytes; -1: no limit.</summary>
    public int MaxLength { get; init; } = -1;

    /// <summary>The most elements; -1: no limit.</summary>
    public int MaxCount { get; init; } = -1;

    /// <summary>A caller that does not send it cannot be served.</summary>
    public bool IsRequired => this is { Default: null, Wire: { IsReference: true, Kind: not WireKind.Nullable } };
}

/// <summary>
/// Request structs: a method's arguments as one value, an array on the wire. Adding a parameter at the end is compatible both ways, as it is for a message.
/// <para>
/// <see cref="Write"/> emits <c>readonly struct {name}</c> with a constructor and a public readonly field per argument, and its codec in the nested class
/// <c>Codec</c>: use <c>{name}.Codec.Instance</c>. The codecs of the structures that the classifier collected have to stand in a class around it, see
/// <see cref="CodecEmitter.WriteStructures"/>.
/// </para>
/// </summary>
static class ArgumentsEmitter
{
    const string CodecClass = "Codec";

    /// <summary>Writes the struct and its codec.</summary>
    /// <param name="code">Where to.</param>
    /// <param name="name">The struct's name, escaped if need be.</param>
    /// <param name="displayName">The method's name in errors: <c>IOrders.PlaceAsync</c>.</param>
    /// <param name="arguments">In the order of the wire.</param>
    public static void Write(CodeWriter code, string name, string displayName, IReadOnlyList<ArgumentField> arguments)
    {
        code.Line(CodeWriter.GeneratedCode);
        code.Open($"internal readonly struct {name}");
        foreach (var argument in arguments)
            code.Line($"public readonly {argument.Wire.Type} {Field(argument.Name)};");
        if (arguments.Count > 0)
        {
            code.Line();
            code.Open($"public {name}({string.Join(", ", arguments.Select(a => $"{a.Wire.Type} {Identifiers.Escape(a.Name)}"))})");
            foreach (var argument in arguments)
                code.Line($"this.{Field(argument.Name)} = {Identifiers.Escape(argument.Name)};");
            code.Close();
        }

        code.Line();
        CodecEmitter.WriteMessage(code, "internal sealed", Model(name, displayName, arguments));
        code.Close();
    }

    /// <summary>The field that holds an argument: with an underscore before it, so that it has neither the struct's name nor a keyword's.</summary>
    public static string Field(string parameter) => "_" + parameter;

    static MessageModel Model(string name, string displayName, IReadOnlyList<ArgumentField> arguments) => new()
    {
        Type = name,
        DisplayName = displayName,
        CodecName = CodecClass,
        IsValueType = true,
        EncodesInPlace = arguments.All(a => a.Wire.IsClosedShape),
        Length = arguments.Count,
        Members = arguments.Select((a, i) => new MemberModel
        {
            Name = Field(a.Name),
            Index = i,
            Key = a.Name,
            Wire = a.Wire,
            Type = a.Wire.Type,
            Setting = MemberSetting.Constructor,
            IsRequired = a.IsRequired,
            Default = a.Default ?? "default!",
            MaxLength = a.MaxLength,
            MaxCount = a.MaxCount,
        }).ToEquatableArray(),
        Arguments = arguments.Select((a, i) => new ArgumentModel(a.Name, i)).ToEquatableArray(),
    };
}
