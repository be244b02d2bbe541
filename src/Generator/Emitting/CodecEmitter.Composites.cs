using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>Collections, tuples, closed enums and unions: methods of their own.</summary>
partial class CodecEmitter
{
    void WriteSequence(string method, WireType wire)
    {
        _code.Open($"static void {method}({Writer}, {wire.Type} value)");
        if (wire.Form!.Span is { } span)
        {
            _code.Line($"global::System.ReadOnlySpan<{wire.Item.Type}> items = {Format(span, "value")};");
            _code.Line("writer.WriteArrayHeader(items.Length);");
            // By index: C# 12 refuses to enumerate a span whose enumerator is disposable, as it is since .NET 10.
            _code.Open("for (var i = 0; i < items.Length; i++)");
            _code.Line("ref readonly var item = ref items[i];");
        }
        else
        {
            _code.Line($"writer.WriteArrayHeader({Format(wire.Form.Count, "value")});");
            _code.Open($"foreach (var item in {Format(wire.Form.Source, "value")})");
        }

        WriteItems([new Step(wire.Item, "item", $"an element of {_owner}", "element")]);
        _code.Close();
        _code.Close();
    }

    void WriteMap(string method, WireType wire)
    {
        _code.Open($"static void {method}({Writer}, {wire.Type} value)");
        if (wire.Form!.Span is { } span)
        {
            _code.Line($"var items = {Format(span, "value")};");
            _code.Line("writer.WriteMapHeader(items.Length);");
            _code.Open("foreach (var item in items)");
        }
        else
        {
            _code.Line($"writer.WriteMapHeader({Format(wire.Form.Count, "value")});");
            _code.Open($"foreach (var item in {Format(wire.Form.Source, "value")})");
        }

        WriteItems([new Step(wire.Items[0], "item.Key", $"a key of {_owner}", "keyOf"), new Step(wire.Items[1], "item.Value", $"a value of {_owner}", "valueOf")]);
        _code.Close();
        _code.Close();
    }

    void WriteTuple(string method, WireType wire)
    {
        _code.Open($"static void {method}({Writer}, {(wire.IsReference ? "" : "in ")}{wire.Type} value)");
        WriteItems([
            Bytes(MessagePackBytes.ArrayHeader(wire.Items.Count)),
            .. wire.Items.Select((item, i) => new Step(item, $"value.{wire.Fields[i]}", $"{wire.Fields[i]} of {_owner}", wire.Fields[i])),
        ]);
        _code.Close();
    }

    void ReadSequence(string method, WireType wire)
    {
        var form = wire.Form!;
        var element = wire.Item.Type;
        _code.Open($"static {wire.Type} {method}({Reader}, int most = int.MaxValue)");
        _code.Line($"var count = reader.ReadArrayHeader({Number(wire.Item.MinBytes)}, most);");
        Charge(form);
        switch (form.Via)
        {
            case "Array":
                _code.Line($"var items = {Spans}.Allocate<{element}>(ref reader, count);");
                _code.Open("for (var i = 0; i < count; i++)");
                _code.Line($"if (i == items.Length)\n    {Spans}.Grow(ref items, count);");
                _code.Line($"items[i] = {ReadExpression(wire.Item)};");
                break;
            case "List":
                _code.Line($"var items = new global::System.Collections.Generic.List<{element}>(reader.Preallocate<{element}>(count));");
                _code.Open("for (var i = 0; i < count; i++)");
                _code.Line($"items.Add({ReadExpression(wire.Item)});");
                break;
            default:
                _code.Line($"var items = new global::System.Collections.Generic.HashSet<{element}>(reader.Preallocate<{element}>(count), {Comparer(wire.Item)});");
                _code.Open("for (var i = 0; i < count; i++)");
                _code.Line($"items.Add({ReadExpression(wire.Item)});");
                break;
        }

        _code.Close();
        _code.Line();
        _code.Line($"return {Format(form.Build, "items", Comparer(wire.Item), element, element, Order(wire.Item))};");
        _code.Close();
    }

    void ReadMap(string method, WireType wire)
    {
        var (key, value) = (wire.Items[0], wire.Items[1]);
        _code.Open($"static {wire.Type} {method}({Reader}, int most = int.MaxValue)");
        _code.Line($"var count = reader.ReadMapHeader({Number(key.MinBytes + value.MinBytes)}, most);");
        Charge(wire.Form!);
        var entry = $"global::System.Collections.Generic.KeyValuePair<{key.Type}, {value.Type}>";
        _code.Line($"var items = new global::System.Collections.Generic.Dictionary<{key.Type}, {value.Type}>(reader.Preallocate<{entry}>(count), {Comparer(key)});");
        _code.Open("for (var i = 0; i < count; i++)");
        _code.Line($"var key = {ReadExpression(key)};");
        _code.Line($"if (!items.TryAdd(key, {ReadExpression(value)}))\n    {Spans}.ThrowDuplicateKey();");
        _code.Close();
        _code.Line();
        _code.Line($"return {Format(wire.Form!.Build, "items", Comparer(key), key.Type, value.Type, Order(key))};");
        _code.Close();
    }

    void ReadTuple(string method, WireType wire)
    {
        _code.Open($"static {wire.Type} {method}({Reader})");
        _code.Line($"reader.ReadExactHeader({Number(wire.Items.Count)});");
        var locals = wire.Fields.Select(Local).ToList();
        for (var i = 0; i < locals.Count; i++)
            _code.Line($"{wire.Items[i].Type} {locals[i]} = {ReadExpression(wire.Items[i])};");
        var values = string.Join(", ", locals);
        _code.Line(wire.Type.StartsWith("(", StringComparison.Ordinal) ? $"return ({values});" : $"return new {wire.Type}({values});");
        _code.Close();
    }

    void ReadClosedEnum(string method, WireType wire)
    {
        _code.Open($"static {wire.Type} {method}({Reader})");
        _code.Line($"var raw = reader.Read{wire.Item.Name}();");
        _code.Line($"if (!({wire.Closed}))\n    {Codec}.MessagePackReader.ThrowUnknownEnum({Identifiers.Literal(wire.Label)});");
        _code.Line($"return ({wire.Type})raw;");
        _code.Close();
    }

    void Union(MessageModel union)
    {
        Begin(union.DisplayName);
        _code.Line("/// <summary>Writes a message.</summary>");
        _code.Open($"public static void Encode({Writer}, {union.Type} value)");
        if (union.IsCyclic)
            _code.Line("writer.Enter();");
        _code.Open("switch (value)");
        foreach (var (tag, wire) in union.Cases)
        {
            var local = Local(wire.Label);
            _code.Line($"case {wire.Type} {local}:");
            _code.Indent();
            WriteItems([Bytes(MessagePackBytes.ArrayHeader(2)), Bytes(MessagePackBytes.Integer(tag)), new Step(wire, local, union.DisplayName, wire.Label)]);
            _code.Line("break;");
            _code.Outdent();
        }

        _code.Line($"default:\n    throw {Raw}.NoCase({Identifiers.Literal(union.DisplayName)}, value);");
        _code.Close();
        if (union.IsCyclic)
            _code.Line("writer.Leave();");
        _code.Close();
        _code.Line();

        _code.Line("/// <summary>Reads a message.</summary>");
        _code.Open($"public static {union.Type} Decode({Reader})");
        if (union.IsCyclic)
            _code.Line("reader.Enter();");
        _code.Line("reader.ReadExactHeader(2);");
        _code.Line("var tag = reader.ReadInt32();");
        _code.Line($"{union.Type} result;");
        _code.Open("switch (tag)");
        foreach (var (tag, wire) in union.Cases.OrderBy(c => c.Tag))
            _code.Line($"case {Number(tag)}:\n    result = {ReadExpression(wire)};\n    break;");
        _code.Line($"default:\n    throw {Codec}.MessagePackReader.UnknownTag({Identifiers.Literal(union.DisplayName)}, tag);");
        _code.Close();
        _code.Line();
        if (union.IsCyclic)
            _code.Line("reader.Leave();");
        _code.Line("return result;");
        _code.Close();
    }

    void Charge(CollectionForm form)
    {
        if (form.Charge > 0)
            _code.Line($"reader.Charge({Number(form.Charge)}{(form.ChargeEach > 0 ? $" + ({Number(form.ChargeEach)}L * count)" : "")});");
    }
}
