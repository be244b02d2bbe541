using System.Globalization;
using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>
/// Writes codec classes: <c>sealed class Name : MessageCodec&lt;T&gt;</c> with static Encode and Decode, which other codecs call by name, and the overrides for the edge of
/// the API. One emitter per class: what the class needs for its collections is written behind its own methods.
/// </summary>
sealed partial class CodecEmitter
{
    public const string Codec = "global::ButlerRpc.Codec";
    const string Raw = Codec + ".MessagePackRaw";
    const string Spans = Codec + ".MessagePackSpans";
    const string Writer = "ref " + Codec + ".MessagePackWriter writer";
    const string Reader = "ref " + Codec + ".MessagePackReader reader";

    // Names that the generated methods use themselves.
    static readonly string[] Reserved =
    [
        "reader", "writer", "value", "p", "count", "i", "key", "raw", "seen", "start", "failure", "kept", "result", "tolerant", "tag", "item", "items", "most",
        .. Enumerable.Range(0, 64).Select(i => "seen" + Number(i)),
    ];

    readonly CodeWriter _code;
    readonly Dictionary<(string Verb, WireType Type), string> _methods = [];
    readonly Queue<Action> _pending = new();
    readonly HashSet<string> _taken = new(StringComparer.Ordinal)
    {
        "Encode", "Decode", "DecodeTolerant", "Instance", "Members", "Code", "EncodesInPlace", "Formats", "WriteIproto", "ReadIproto", "Write", "Read", "Equals", "GetHashCode", "ToString", "GetType",
        "MemberwiseClone", "Finalize", "ReferenceEquals",
    };

    HashSet<string> _locals = [];
    string _owner = "";
    bool _inGuard;

    CodecEmitter(CodeWriter code) => _code = code;

    /// <summary>The codec of a message, of the arguments of a method, or of a structure.</summary>
    /// <param name="code">Where to.</param>
    /// <param name="modifiers"><c>public sealed</c>, for instance.</param>
    /// <param name="message">The model; its structures are not written, see <see cref="WriteStructures"/>.</param>
    public static void WriteMessage(CodeWriter code, string modifiers, MessageModel message)
    {
        var emitter = new CodecEmitter(code);
        emitter.Class(message.UsesForbidden ? $"{CodeWriter.Obsolete} {modifiers}" : modifiers, message.CodecName, message.Type, message.IsValueType, message.DisplayName, () =>
        {
            if (message.Code > 0)
                code.Line($"/// <inheritdoc/>\npublic override int Code => {Number(message.Code)};\n");
            if (message.EncodesInPlace)
                code.Line("/// <inheritdoc/>\npublic override bool EncodesInPlace => true;\n");
            emitter.Message(message);
            if (message.Formats != 0)
                emitter.Iproto(message);
        });
    }

    /// <summary>The codec of a value of any type.</summary>
    public static void WriteValue(CodeWriter code, string modifiers, string name, WireType wire, string description)
    {
        var emitter = new CodecEmitter(code);
        var isNullableReference = wire is { Kind: WireKind.Nullable, IsReference: true };
        emitter.Class(modifiers, name, wire.Type, isValueType: !wire.IsReference || isNullableReference, description, () =>
        {
            if (wire.IsClosedShape)
                code.Line("/// <inheritdoc/>\npublic override bool EncodesInPlace => true;\n");
            emitter.Begin(description);
            code.Open($"public static void Encode({Writer}, {(wire.IsReference ? "" : "in ")}{wire.Type} value)");
            emitter.WriteItems([new Step(wire, "value", description, "value")]);
            code.Close();
            code.Line();
            emitter.Begin(description);
            code.Open($"public static {wire.Type} Decode({Reader})");
            code.Line($"return {emitter.ReadExpression(wire)};");
            code.Close();
        });
    }

    /// <summary>The codecs that stand beside those that use them.</summary>
    public static void WriteStructures(CodeWriter code, string modifiers, EquatableArray<MessageModel> structures)
    {
        foreach (var structure in structures)
        {
            code.Line();
            WriteMessage(code, modifiers, structure);
        }
    }

    void Class(string modifiers, string name, string type, bool isValueType, string description, Action body)
    {
        var nonNull = isValueType ? "value" : $"value ?? throw {Raw}.Null({Identifiers.Literal(description)})";
        _code.Line($"/// <summary>The codec of {Xml(description)}.</summary>");
        _code.Line(CodeWriter.Hidden);
        _code.Line(CodeWriter.GeneratedCode);
        _code.Open($"{modifiers} class {name} : {Codec}.MessageCodec<{type}>");
        _code.Line($"/// <summary>The only instance.</summary>\npublic static readonly {name} Instance = new();\n");
        body();
        _code.Line();
        _code.Line($"/// <inheritdoc/>\npublic override void Write({Writer}, in {type} value) => Encode(ref writer, {nonNull});\n");
        _code.Line($"/// <inheritdoc/>\npublic override {type} Read({Reader}) => Decode(ref reader);");
        while (_pending.Count > 0)
        {
            _code.Line();
            _pending.Dequeue()();
        }

        _code.Close();
    }

    void Message(MessageModel message)
    {
        if (message.IsUnion)
        {
            Union(message);
            return;
        }

        var names = message.IsMap ? message.Members.Select(m => m.Key) : Enumerable.Range(0, message.Length).Select(i => message.Members.FirstOrDefault(m => m.Index == i)?.Key);
        var list = string.Join(", ", names.Select(n => n is null ? "null" : Identifiers.Literal(n)));
        _code.Line($"static readonly string?[] Members = new string?[] {{ {list} }};\n");
        Encode(message);
        _code.Line();
        if (message.IsMap)
            DecodeMap(message);
        else
            DecodeArray(message);
    }

    // Starts a method: its local names are its own.
    void Begin(string owner)
    {
        _owner = owner;
        _locals = new HashSet<string>(Reserved, StringComparer.Ordinal);
    }

    string Local(string member)
    {
        member = member.TrimStart('_');
        var name = member.Length > 0 ? char.ToLowerInvariant(member[0]) + member.Substring(1) : "item";
        while (!_locals.Add(name))
            name += "_";
        return Identifiers.Escape(name);
    }

    // The method that reads or writes a composite type; written once per class, behind everything else.
    string Method(string verb, WireType wire, Action<string> emit)
    {
        if (_methods.TryGetValue((verb, wire), out var name))
            return name;
        name = verb + Sanitize(wire.Label);
        for (var i = 2; !_taken.Add(name); i++)
            name = verb + Sanitize(wire.Label) + Number(i);
        _methods.Add((verb, wire), name);
        _pending.Enqueue(() =>
        {
            Begin(wire.Type.Replace("global::", ""));
            emit(name);
        });
        return name;
    }

    static string Sanitize(string label) => new([.. label.Where(c => char.IsLetterOrDigit(c) || c == '_')]);

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    static string Xml(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    static string Null(string where) => $"throw {Raw}.Null({Identifiers.Literal(where)})";
}
