using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>Writing: members of bounded size are gathered into runs with one reservation each.</summary>
partial class CodecEmitter
{
    /// <summary>One thing to write, in the order of the wire.</summary>
    /// <param name="Wire">Its type; null: <see cref="Expression"/> is bytes that are written as they are.</param>
    /// <param name="Expression">The value.</param>
    /// <param name="Where">Its name in errors.</param>
    /// <param name="Name">What a local for it is called after.</param>
    readonly record struct Step(WireType? Wire, string Expression, string Where, string Name);

    void Encode(MessageModel message)
    {
        Begin(message.DisplayName);
        _code.Line("/// <summary>Writes a message.</summary>");
        _code.Open($"public static void Encode({Writer}, {(message.IsValueType ? "in " : "")}{message.Type} value)");
        if (message.IsCyclic)
            _code.Line("writer.Enter();");
        var steps = new List<Step> { Bytes(message.IsMap ? MessagePackBytes.MapHeader(message.Members.Count) : MessagePackBytes.ArrayHeader(message.Length)) };
        var members = message.IsMap ? message.Members.ToList() : Enumerable.Range(0, message.Length).Select(i => message.Members.FirstOrDefault(m => m.Index == i)).ToList();
        foreach (var member in members)
        {
            if (message.IsMap)
                steps.Add(Bytes(MessagePackBytes.String(member!.Key)));
            steps.Add(member?.Wire is { } wire
                ? new Step(wire, $"value.{Identifiers.Escape(member.Name)}", $"{message.DisplayName}.{member.Key}", member.Name)
                : Bytes([0xC0]));
        }

        WriteItems(steps);
        if (message.IsCyclic)
            _code.Line("writer.Leave();");
        _code.Close();
    }

    // Literal bytes that follow each other are one copy.
    static List<Step> Joined(IReadOnlyList<Step> steps)
    {
        var joined = new List<Step>();
        foreach (var step in steps)
        {
            if (step.Wire is null && joined.Count > 0 && joined[joined.Count - 1] is { Wire: null } last)
                joined[joined.Count - 1] = last with { Expression = $"{last.Expression}, {step.Expression}" };
            else
                joined.Add(step);
        }

        return joined;
    }

    void WriteItems(IReadOnlyList<Step> steps)
    {
        var joined = Joined(steps);
        if (joined.All(IsBounded))
        {
            WriteRun(joined);
            return;
        }

        var run = new List<Step>();
        foreach (var step in joined)
        {
            if (IsBounded(step))
            {
                run.Add(step);
                continue;
            }

            WriteRunInBlock(run);
            run.Clear();
            WriteOne(step.Wire!, step.Expression, step.Where, step.Name);
        }

        WriteRunInBlock(run);
    }

    static bool IsBounded(Step step) => step.Wire is not { } wire || wire.Kind switch
    {
        WireKind.Scalar or WireKind.Enum or WireKind.String or WireKind.Bytes => true,
        WireKind.Nullable => wire.Item.Kind is WireKind.Scalar or WireKind.Enum or WireKind.String,
        _ => false,
    };

    // A block, since other runs of the same method have a place of their own.
    void WriteRunInBlock(List<Step> run)
    {
        if (run.Count == 0)
            return;
        _code.OpenBlock();
        WriteRun(run);
        _code.Close();
    }

    void WriteRun(List<Step> run)
    {
        var constant = 0L;
        var bounds = new List<string>();
        var writes = new List<string>();
        foreach (var step in run)
        {
            if (step.Wire is null)
            {
                var bytes = step.Expression.Split(',').Length;
                constant += bytes;
                writes.Add(bytes == 1 ? $"{Raw}.WriteByteCode(ref p, {step.Expression})" : $"{Raw}.WriteLiteral(ref p, new byte[] {{ {step.Expression} }})");
                continue;
            }

            var (bound, write) = Bounded(step.Wire, step);
            constant += step.Wire.MaxBytes;
            if (bound is not null)
                bounds.Add(bound);
            writes.Add(write);
        }

        _code.Line($"ref var p = ref writer.Begin({string.Join(" + ", bounds.Prepend(Number(constant)).Where(b => b != "0"))});");
        foreach (var write in writes)
            _code.Line($"p = ref {write};");
        _code.Line("writer.End(ref p);");
    }

    // A bound that depends on the value, and how it is written. What is looked at twice is kept in a local: it could change in between, and nothing checks the bound.
    (string? Bound, string Write) Bounded(WireType wire, Step step)
    {
        switch (wire.Kind)
        {
            case WireKind.Scalar:
                return (null, $"{Raw}.Write{wire.Name}(ref p, {step.Expression})");
            case WireKind.Enum:
                return (null, $"{Raw}.Write{wire.Item.Name}(ref p, ({wire.Item.Type}){step.Expression})");
            case WireKind.String:
                var text = Keep(step, $"{step.Expression} ?? {Null(step.Where)}");
                return ($"{Raw}.MaxBytes({text})", $"{Raw}.WriteString(ref p, {text})");
            case WireKind.Bytes:
                var bytes = Local(step.Name);
                _code.Line($"global::System.ReadOnlySpan<byte> {bytes} = {Span(wire, step)};");
                return ($"{Raw}.MaxBytes({bytes})", $"{Raw}.WriteBinary(ref p, {bytes})");
            case WireKind.Nullable when wire.Item.Kind == WireKind.String:
                var optional = Keep(step, step.Expression);
                return ($"{Raw}.MaxBytesOrNil({optional})", $"{Raw}.WriteNullableString(ref p, {optional})");
            default:
                var scalar = Keep(step, step.Expression);
                var (_, write) = Bounded(wire.Item, step with { Expression = $"{scalar}.GetValueOrDefault()" });
                return (null, $"{scalar}.HasValue ? ref {write} : ref {Raw}.WriteNil(ref p)");
        }
    }

    string Keep(Step step, string expression)
    {
        var local = Local(step.Name);
        _code.Line($"var {local} = {expression};");
        return local;
    }

    void WriteOne(WireType wire, string expression, string where, string name)
    {
        var nonNull = wire.IsReference && expression.Contains('.') || wire.IsReference && expression is "value" or "item" ? $"{expression} ?? {Null(where)}" : expression;
        switch (wire.Kind)
        {
            case WireKind.Nullable:
                var local = Local(name);
                _code.Open($"if ({expression} is {{ }} {local})");
                WriteItems([new Step(wire.Item, local, where, name)]);
                _code.Close();
                _code.Open("else");
                _code.Line("writer.WriteNil();");
                _code.Close();
                break;
            case WireKind.Value:
                _code.Line($"writer.Write{wire.Name}({nonNull});");
                break;
            case WireKind.Message or WireKind.Structure:
                _code.Line($"{wire.Name}.Encode(ref writer, {nonNull});");
                break;
            case WireKind.HandWritten:
                _code.Line($"{Codec}.MessageCodec.Of<{wire.Type}>().Write(ref writer, {nonNull});");
                break;
            case WireKind.Custom:
                _code.Line($"{wire.Name}.Write(ref writer, {nonNull});");
                break;
            case WireKind.Sequence when ScalarOf(wire.Item) is { } scalar && wire.Form!.Span is not null:
                _code.Line($"{Spans}.Write<{wire.Item.Type}, {scalar}>(ref writer, {Span(wire, new Step(wire, expression, where, name))});");
                break;
            case WireKind.Sequence:
                _code.Line($"{Method("Write", wire, method => WriteSequence(method, wire))}(ref writer, {nonNull});");
                break;
            case WireKind.Map:
                _code.Line($"{Method("Write", wire, method => WriteMap(method, wire))}(ref writer, {nonNull});");
                break;
            case WireKind.Tuple:
                _code.Line($"{Method("Write", wire, method => WriteTuple(method, wire))}(ref writer, {nonNull});");
                break;
            default:
                throw new InvalidOperationException($"{wire.Kind} is written in runs");
        }
    }

    string Span(WireType wire, Step step)
    {
        var collection = wire.IsReference ? $"({step.Expression} ?? {Null(step.Where)})" : step.Expression;
        return string.Format(System.Globalization.CultureInfo.InvariantCulture, wire.Form!.Span, collection);
    }

    static string? ScalarOf(WireType wire) => wire.Kind == WireKind.Scalar ? $"{Codec}.Scalars.Of{wire.Name}" : null;

    static Step Bytes(IEnumerable<byte> bytes) => new(null, string.Join(", ", bytes.Select(b => "0x" + b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture))), "", "");
}
