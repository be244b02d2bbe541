using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>The iproto form: the members one after the other, in the order of their index. What has no such form is an error where the codec is compiled.</summary>
partial class CodecEmitter
{
    const string BerMode = Codec + ".IprotoMode.Ber";
    const string DefaultMode = Codec + ".IprotoMode.Default";

    void Iproto(MessageModel message)
    {
        _code.Line();
        _code.Line($"/// <inheritdoc/>\npublic override global::ButlerRpc.MessageFormats Formats => (global::ButlerRpc.MessageFormats){Number(message.Formats)};");
        if (message.IsUnion)
            return; // reported by the analyzers, as are members without an iproto form

        Begin(message.DisplayName);
        _code.Line();
        _code.Line("/// <inheritdoc/>");
        _code.Open($"public override void WriteIproto(ref {Codec}.IprotoWriter writer, in {message.Type} value)");
        if (!message.IsValueType)
            _code.Line($"if (value is null)\n    throw {Raw}.Null({Identifiers.Literal(message.DisplayName)});");
        foreach (var member in message.Members.Where(m => m.Wire is not null))
            PackMember(message, member, $"value.{Identifiers.Escape(member.Name)}");
        _code.Close();
        _code.Line();
        Begin(message.DisplayName);
        var locals = Locals(message);
        _code.Line("/// <inheritdoc/>");
        _code.Open($"public override {message.Type} ReadIproto(ref {Codec}.IprotoReader reader)");
        if (message.IsCyclic)
            _code.Line("reader.Enter();");
        for (var place = 0; place < message.Members.Count; place++)
        {
            var member = message.Members[place];
            if (member.Wire is null)
                continue;
            var expression = IprotoForms.Has(member.Wire) ? Unpack(member.Wire, ModeOf(member), member) : "default!";
            _code.Line(locals[place] is { } local ? $"{member.Wire.Type} {local} = {expression};" : $"_ = {expression};");
        }

        var assigned = message.Members.Where(m => m is { Wire: not null, Setting: MemberSetting.Assignment }).ToList();
        _code.Line($"var result = {Construct(message, locals, m => m.Setting != MemberSetting.Assignment)};");
        foreach (var member in assigned)
            _code.Line($"result.{Identifiers.Escape(member.Name)} = {locals[message.Members.ToList().IndexOf(member)]};");
        if (message.IsCyclic)
            _code.Line("reader.Leave();");
        _code.Line("return result;");
        _code.Close();
    }

    void PackMember(MessageModel message, MemberModel member, string expression)
    {
        var where = $"{message.DisplayName}.{member.Name}";
        if (IprotoForms.Has(member.Wire!))
            Pack(member.Wire!, expression, ModeOf(member), where);
        else
            _code.Line($"throw new global::System.NotSupportedException({Identifiers.Literal($"{where} has no form in iproto, which knows {IprotoForms.Known}")});");
    }

    static string ModeOf(MemberModel member) => member.IsBer ? BerMode : DefaultMode;

    void Pack(WireType wire, string expression, string mode, string where)
    {
        switch (wire.Kind)
        {
            case WireKind.Scalar:
                _code.Line($"writer.{PackCall(wire.Name, expression, mode)};");
                break;
            case WireKind.Enum:
                _code.Line($"writer.{PackCall(wire.Item.Name, $"({wire.Item.Type}){expression}", mode)};");
                break;
            case WireKind.String:
                _code.Line($"writer.WriteString({expression} ?? {Null(where)}, {mode});");
                break;
            case WireKind.Nullable:
                _code.Line($"writer.WriteString({expression}, {mode});");
                break;
            case WireKind.Bytes:
                _code.Line($"writer.WriteBytes({Span(wire, new Step(wire, expression, where, "bytes"))}, {mode});");
                break;
            case WireKind.Message:
                _code.Line($"{wire.Name}.Instance.WriteIproto(ref writer, {expression});");
                break;
            case WireKind.HandWritten:
                _code.Line($"{Codec}.MessageCodec.Of<{wire.Type}>().WriteIproto(ref writer, {expression});");
                break;
            case WireKind.Sequence:
                var items = Local("items");
                _code.Line($"global::System.ReadOnlySpan<{wire.Item.Type}> {items} = {Span(wire, new Step(wire, expression, where, "items"))};");
                _code.Line($"writer.WriteCount({items}.Length, {mode});");
                var item = Local("item");
                _code.Open($"foreach (var {item} in {items})");
                Pack(wire.Item, item, DefaultMode, where);
                _code.Close();
                break;
        }
    }

    static string PackCall(string scalar, string expression, string mode) =>
        scalar is "Boolean" or "Byte" or "SByte" ? $"Write{scalar}({expression})" : $"Write{scalar}({expression}, {mode})";

    string Unpack(WireType wire, string mode, MemberModel? limits)
    {
        switch (wire.Kind)
        {
            case WireKind.Scalar when wire.Name is "Boolean" or "Byte" or "SByte":
                return $"reader.Read{wire.Name}()";
            case WireKind.Scalar:
                return $"reader.Read{wire.Name}({mode})";
            case WireKind.Enum:
                return $"({wire.Type}){Unpack(wire.Item, mode, null)}";
            case WireKind.String:
                return $"reader.ReadString({mode}{Most(limits?.MaxLength)})";
            case WireKind.Nullable:
                return $"reader.ReadString({mode}{Most(limits?.MaxLength)})";
            case WireKind.Bytes:
                return Format(wire.Form!.Build, $"reader.ReadBytesSpan({mode}{Most(limits?.MaxLength)})");
            case WireKind.Message:
                return $"{wire.Name}.Instance.ReadIproto(ref reader)";
            case WireKind.HandWritten:
                return $"{Codec}.MessageCodec.Of<{wire.Type}>().ReadIproto(ref reader)";
            case WireKind.Sequence:
                var (form, item) = (wire.Form!, Unpack(wire.Item, DefaultMode, null));
                var slice = $"reader.ReadSlice<{wire.Item.Type}>(static (ref {Codec}.IprotoReader reader) => {item}, {mode}{Most(limits?.MaxCount)})";
                var items = form.Via == "List" ? $"new global::System.Collections.Generic.List<{wire.Item.Type}>({slice})" : slice;
                return Format(form.Build, items, Comparer(wire.Item), wire.Item.Type, wire.Item.Type, Order(wire.Item));
            default:
                throw new InvalidOperationException($"{wire.Kind} has no iproto form");
        }
    }

    static string Most(int? limit) => limit is >= 0 ? $", {Number(limit.Value)}" : "";
}
