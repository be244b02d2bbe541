using System.Globalization;
using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>Reading: a straight line when all members are there, else a loop that takes what it knows.</summary>
partial class CodecEmitter
{
    void DecodeArray(MessageModel message)
    {
        Begin(message.DisplayName);
        var locals = Locals(message);
        _code.Line("/// <summary>Reads a message.</summary>");
        _code.Open($"public static {message.Type} Decode({Reader})");
        OpenGuard(message);
        _code.Line("var count = reader.ReadArrayHeader();");
        if (message.IsCyclic)
        {
            _code.Open($"if (count != {Number(message.Length)})");
            _code.Line("var tolerant = DecodeTolerant(ref reader, count);\nreader.Leave();\nreturn tolerant;");
            _code.Close();
        }
        else
        {
            _code.Line($"if (count != {Number(message.Length)})\n    return DecodeTolerant(ref reader, count);");
        }

        _code.Line();
        for (var i = 0; i < message.Length; i++)
        {
            var place = message.Members.ToList().FindIndex(m => m.Index == i);
            _code.Line(place >= 0 && locals[place] is { } local
                ? $"{message.Members[place].Wire!.Type} {local} = {ReadExpression(message.Members[place].Wire!, message.Members[place])};"
                : "reader.Skip();");
        }

        Return(message, Construct(message, locals, null));
        CloseGuard(message);
        _code.Close();
        _code.Line();
        DecodeTolerant(message);
    }

    // The peer knows fewer members, or more.
    void DecodeTolerant(MessageModel message)
    {
        Begin(message.DisplayName);
        var locals = Locals(message);
        _code.Open($"static {message.Type} DecodeTolerant({Reader}, int count)");
        Declare(message, locals);
        _code.Open("for (var i = 0; i < count; i++)");
        _code.Open("switch (i)");
        for (var place = 0; place < message.Members.Count; place++)
        {
            if (locals[place] is not { } local)
                continue;
            var member = message.Members[place];
            _code.Line($"case {Number(member.Index)}:\n    {local} = {ReadExpression(member.Wire!, member)};\n    break;");
        }

        _code.Line("default:\n    reader.Skip();\n    break;");
        _code.Close();
        _code.Close();
        _code.Line();
        _code.Line($"if (count < {Number(message.Length)})\n    reader.{Charge(message)};");
        Finish(message, locals, (m, isThere) => $"count {(isThere ? ">" : "<=")} {Number(m.Index)}");
        _code.Close();
    }

    void DecodeMap(MessageModel message)
    {
        Begin(message.DisplayName);
        var locals = Locals(message);
        _code.Line("/// <summary>Reads a message.</summary>");
        _code.Open($"public static {message.Type} Decode({Reader})");
        OpenGuard(message);
        _code.Line("var count = reader.ReadMapHeader();");
        Declare(message, locals);
        for (var word = 0; word * 64 < message.Members.Count; word++)
            _code.Line($"var seen{Number(word)} = 0UL;");
        _code.Open("for (var i = 0; i < count; i++)");
        _code.Line("var key = reader.ReadTextBytes();");
        var known = message.Members.Select((member, place) => (member, place)).Where(m => locals[m.place] is not null).ToList();
        if (known.Count > 0)
            _code.Open("switch (key.Length)");
        foreach (var length in known.GroupBy(m => MessagePackBytes.String(m.member.Key).Length).OrderBy(g => g.Key))
        {
            _code.Line($"case {Number(System.Text.Encoding.UTF8.GetByteCount(length.First().member.Key))}:");
            _code.Indent();
            foreach (var (member, place) in length)
            {
                var bit = $"0x{(1UL << (place % 64)).ToString("X", CultureInfo.InvariantCulture)}UL";
                _code.Open($"if (global::System.MemoryExtensions.SequenceEqual(key, {Utf8(member.Key)}))");
                _code.Line($"if ((seen{Number(place / 64)} & {bit}) != 0)\n    {Spans}.ThrowDuplicateKey();");
                _code.Line($"seen{Number(place / 64)} |= {bit};");
                _code.Line($"{locals[place]} = {ReadExpression(member.Wire!, member)};");
                _code.Line("continue;");
                _code.Close();
                _code.Line();
            }

            _code.Line("break;");
            _code.Outdent();
        }

        if (known.Count > 0)
        {
            _code.Close();
            _code.Line();
        }

        _code.Line("reader.Skip();");
        _code.Close();
        _code.Line();
        _code.Line($"if (count < {Number(message.Members.Count)})\n    reader.{Charge(message)};");
        Finish(message, locals, (m, isThere) =>
        {
            var place = message.Members.ToList().IndexOf(m);
            return $"(seen{Number(place / 64)} & 0x{(1UL << (place % 64)).ToString("X", CultureInfo.InvariantCulture)}UL) {(isThere ? "!=" : "==")} 0";
        });
        CloseGuard(message);
        _code.Close();
    }

    // As text where the language allows it: a key that is not the name of a member may have lone surrogates.
    static string Utf8(string key) => key.Any(char.IsSurrogate)
        ? $"new byte[] {{ {string.Join(", ", System.Text.Encoding.UTF8.GetBytes(key).Select(b => "0x" + b.ToString("X2", CultureInfo.InvariantCulture)))} }}"
        : Identifiers.Literal(key) + "u8";

    static string Charge(MessageModel message) => message.IsValueType ? $"ChargeStruct<{message.Type}>()" : $"Charge({Number(message.HeapBytes)})";

    // One local per member that is read; a member that nothing can be done with has none.
    List<string?> Locals(MessageModel message) =>
        [.. message.Members.Select((m, place) => m.Wire is null || !IsUsed(message, place) ? null : Local(m.Name))];

    static bool IsUsed(MessageModel message, int place) =>
        message.Members[place].Setting != MemberSetting.Constructor || message.Arguments.Any(a => a.Member == place);

    void Declare(MessageModel message, List<string?> locals)
    {
        for (var place = 0; place < locals.Count; place++)
        {
            if (locals[place] is { } local)
                _code.Line($"{message.Members[place].Wire!.Type} {local} = {message.Members[place].Default};");
        }
    }

    // Behind a loop: refuse what is missing, keep what the type sets by itself, assign what came.
    void Finish(MessageModel message, List<string?> locals, Func<MemberModel, bool, string> whether)
    {
        foreach (var member in message.Members.Where(m => m.Wire is not null && m.IsRequired))
            _code.Line($"if ({whether(member, false)})\n    {Codec}.MessagePackReader.ThrowMissing({Identifiers.Literal($"{message.DisplayName}.{member.Key}")});");

        var own = message.Members.Where(m => m is { Wire: not null, Setting: MemberSetting.InitializerOrOwnDefault }).ToList();
        if (own.Count > 0)
        {
            _code.Open($"if ({string.Join(" || ", own.Select(m => whether(m, false)))})");
            _code.Line("// What an init accessor leaves alone has the type's own default; only an instance knows it.");
            _code.Line($"var kept = {Construct(message, locals, m => m.Setting == MemberSetting.Initializer)};");
            foreach (var member in own)
            {
                var local = locals[message.Members.ToList().IndexOf(member)];
                _code.Line($"if ({whether(member, false)})\n    {local} = kept.{Identifiers.Escape(member.Name)};");
            }

            _code.Close();
            _code.Line();
        }

        var assigned = message.Members.Where(m => m is { Wire: not null, Setting: MemberSetting.Assignment }).ToList();
        if (assigned.Count == 0)
        {
            Return(message, Construct(message, locals, null));
            return;
        }

        _code.Line($"var result = {Construct(message, locals, m => m.Setting != MemberSetting.Assignment)};");
        foreach (var member in assigned)
        {
            var local = locals[message.Members.ToList().IndexOf(member)];
            _code.Line($"if ({whether(member, true)})\n    result.{Identifiers.Escape(member.Name)} = {local};");
        }

        Return(message, "result");
    }

    void Return(MessageModel message, string expression)
    {
        // The tolerant loop of an array message is left by the method that entered it.
        if (!message.IsCyclic || !_inGuard)
        {
            _code.Line($"return {expression};");
            return;
        }

        if (expression != "result")
            _code.Line($"var result = {expression};");
        _code.Line("reader.Leave();\nreturn result;");
    }

    // A filter that is never true: it names the member in a failure that passes and costs nothing otherwise.
    void OpenGuard(MessageModel message)
    {
        _code.Line("var start = reader.Position;");
        _code.Open("try");
        if (message.IsCyclic)
            _code.Line("reader.Enter();");
        _inGuard = true;
    }

    void CloseGuard(MessageModel message)
    {
        _inGuard = false;
        _code.Close();
        _code.Open($"catch (global::System.Exception failure) when (reader.Locate(failure, start, {Identifiers.Literal(message.DisplayName)}, Members{(message.IsMap ? ", isMap: true" : "")}))");
        _code.Line("throw;");
        _code.Close();
    }

    static string Construct(MessageModel message, List<string?> locals, Func<MemberModel, bool>? initialize)
    {
        var arguments = new List<string>();
        var isNamed = false;
        foreach (var argument in message.Arguments)
        {
            isNamed |= argument.Member < 0;
            if (argument.Member >= 0)
                arguments.Add((isNamed ? $"{Identifiers.Escape(argument.Parameter)}: " : "") + (locals[argument.Member] ?? $"default({message.Members[argument.Member].Type})!"));
        }

        var initializers = message.Members
            .Select((member, place) => (member, place))
            .Where(m => locals[m.place] is not null && m.member.Setting != MemberSetting.Constructor && (initialize?.Invoke(m.member) ?? true))
            .Select(m => $"{Identifiers.Escape(m.member.Name)} = {locals[m.place]}")
            .Concat(message.Members.Where(m => m is { Wire: null, Setting: MemberSetting.Initializer, IsRequired: true }).Select(m => $"{Identifiers.Escape(m.Name)} = default!"))
            .Concat(message.OtherRequired.Select(name => $"{Identifiers.Escape(name)} = default!"))
            .ToList();
        return $"new {message.Type}({string.Join(", ", arguments)})" + (initializers.Count > 0 ? $" {{ {string.Join(", ", initializers)} }}" : "");
    }

    string ReadExpression(WireType wire, MemberModel? limits = null)
    {
        var length = limits is { MaxLength: >= 0 } ? Number(limits.MaxLength) : "";
        var count = limits is { MaxCount: >= 0 } ? ", " + Number(limits.MaxCount) : "";
        switch (wire.Kind)
        {
            case WireKind.Scalar:
                return $"reader.Read{wire.Name}()";
            case WireKind.Enum:
                return wire.Closed.Length == 0
                    ? $"({wire.Type})reader.Read{wire.Item.Name}()"
                    : $"{Method("Read", wire, method => ReadClosedEnum(method, wire))}(ref reader)";
            case WireKind.String:
                return $"reader.ReadText({length})";
            case WireKind.Bytes:
                return Format(wire.Form!.Build, $"reader.ReadBinary({length})");
            case WireKind.Value:
                return $"reader.Read{wire.Name}()";
            case WireKind.Nullable when wire.Item.Kind == WireKind.String:
                return $"reader.ReadString({length})";
            case WireKind.Nullable:
                return wire.IsReference
                    ? $"reader.TryReadNil() ? null : {ReadExpression(wire.Item, limits)}"
                    : $"reader.TryReadNil<{wire.Item.Type}>() ? default({wire.Type}) : {ReadExpression(wire.Item, limits)}";
            case WireKind.Message or WireKind.Structure:
                return $"{wire.Name}.Decode(ref reader)";
            case WireKind.HandWritten:
                return $"{Codec}.MessageCodec.Of<{wire.Type}>().Read(ref reader)";
            case WireKind.Custom:
                return $"{wire.Name}.Read(ref reader)";
            case WireKind.Sequence when ScalarOf(wire.Item) is { } scalar && wire.Form is { Via: "Array" or "List", Charge: 0 } form:
                return Format(form.Build, $"{Spans}.Read{form.Via}<{wire.Item.Type}, {scalar}>(ref reader{count})", Comparer(wire.Item), wire.Item.Type, wire.Item.Type, Order(wire.Item));
            case WireKind.Sequence:
                return $"{Method("Read", wire, method => ReadSequence(method, wire))}(ref reader{count})";
            case WireKind.Map:
                return $"{Method("Read", wire, method => ReadMap(method, wire))}(ref reader{count})";
            default:
                return $"{Method("Read", wire, method => ReadTuple(method, wire))}(ref reader)";
        }
    }

    // Hash codes of strings are keyed by the runtime; all other keys get a comparer that is.
    static string Comparer(WireType key) => key.Kind == WireKind.String ? "global::System.StringComparer.Ordinal" : $"{Codec}.KeyComparer.Of<{key.Type}>()";

    // The order of strings by culture calls different strings equal, and differs from machine to machine.
    static string Order(WireType key) => key.Kind == WireKind.String ? "global::System.StringComparer.Ordinal" : $"global::System.Collections.Generic.Comparer<{key.Type}>.Default";

    static string Format(string template, params object[] parts) => string.Format(CultureInfo.InvariantCulture, template, parts);
}
