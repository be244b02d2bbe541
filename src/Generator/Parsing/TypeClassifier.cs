using ButlerRpc.Generator.Diagnostics;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>
/// The one opinion on what can travel and how. Generators take the <see cref="WireType"/>, analyzers the <see cref="TypeFault"/>.
/// <para>
/// To carry values of any type: make one classifier per generated class, call <see cref="Classify(ITypeSymbol, out TypeFault)"/> for each value, keep the results and
/// <see cref="Structures"/> in the model, and have <see cref="Emitting.CodecEmitter"/> write the codec classes into the generated class, those of the structures beside them.
/// </para>
/// </summary>
sealed partial class TypeClassifier(KnownSymbols known, CancellationToken cancellationToken)
{
    // Page<string> and Page<string?> are two: what is nil in one is an error in the other.
    readonly Dictionary<ITypeSymbol, string> _structures = new(SymbolEqualityComparer.IncludeNullability);
    readonly Dictionary<ITypeSymbol, TypeFault> _faulted = new(SymbolEqualityComparer.IncludeNullability);
    readonly List<MessageModel> _models = [];
    int _nesting;

    /// <summary>Types that turned out to need a codec beside their user, in the order in which they were met.</summary>
    public EquatableArray<MessageModel> Structures => _models.OrderBy(m => m.CodecName, StringComparer.Ordinal).ToEquatableArray();

    public KnownSymbols Known => known;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>How values of the type travel; null: they cannot, and <paramref name="fault"/> says why.</summary>
    public WireType? Classify(ITypeSymbol type, out TypeFault fault) => Classify(type, WireOptions.None, out fault);

    public WireType? Classify(ITypeSymbol type, WireOptions options, out TypeFault fault)
    {
        // Inside of another type the depth counts as well.
        if (_nesting > 0)
            return ClassifyAnew(type, options, out fault);
        var used = known.Types[type];
        fault = default;
        if (used[options] is { } found)
            return found;

        // A codec beside its user is this classifier's own.
        var wire = ClassifyAnew(type, options, out fault);
        if (wire is not null && !wire.HoldsStructure)
            used[options] = wire;
        return wire;
    }

    WireType? ClassifyAnew(ITypeSymbol type, WireOptions options, out TypeFault fault)
    {
        fault = default;
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
            return ClassifyAnew(nullable.TypeArguments[0], options, out fault) is { } underlying ? Nullable(type, underlying) : null;

        var wire = ClassifyBare(type, options, out fault);
        return wire is null || type.IsValueType || type.NullableAnnotation == NullableAnnotation.NotAnnotated ? wire : Nullable(type, wire);
    }

    /// <summary>The type's codec is <paramref name="codec"/>, a class with static Write and Read.</summary>
    public WireType WithCodec(ITypeSymbol type, INamedTypeSymbol codec)
    {
        var bare = type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable ? nullable.TypeArguments[0] : type;
        var wire = Of(WireKind.Custom, bare) with { Name = codec.ToFullyQualifiedBare(), IsClosedShape = false };
        return SymbolEqualityComparer.Default.Equals(bare, type) && (type.IsValueType || type.NullableAnnotation == NullableAnnotation.NotAnnotated) ? wire : Nullable(type, wire);
    }

    WireType? ClassifyBare(ITypeSymbol type, WireOptions options, out TypeFault fault)
    {
        fault = default;
        if (AssemblyCodecs.Of(type, known) is { } codec)
            return WithCodec(type.WithNullableAnnotation(NullableAnnotation.NotAnnotated), codec);
        switch (type)
        {
            case { SpecialType: SpecialType.System_String }:
                return Of(WireKind.String, type);
            case IArrayTypeSymbol { IsSZArray: true } array:
                return array.ElementType.SpecialType == SpecialType.System_Byte
                    ? Of(WireKind.Bytes, type) with { Form = CollectionForms.ByteArray, MinBytes = 2 }
                    : Sequence(type, array.ElementType, CollectionForms.Array, options, out fault);
            case { TypeKind: TypeKind.Enum }:
                return Enum((INamedTypeSymbol)type, options);
            case INamedTypeSymbol named:
                return ClassifyNamed(named, options, out fault);
            case ITypeParameterSymbol:
                return Fail(Descriptors.OpenGeneric, type, "", out fault);
            case { TypeKind: TypeKind.Dynamic or TypeKind.Pointer or TypeKind.FunctionPointer }:
                return Fail(Descriptors.NotData, type, "", out fault);
            case IArrayTypeSymbol:
                return Fail(Descriptors.UnsupportedType, type, ": use an array of arrays", out fault);
            default:
                return Fail(Descriptors.UnsupportedType, type, "", out fault);
        }
    }

    WireType? ClassifyNamed(INamedTypeSymbol type, WireOptions options, out TypeFault fault)
    {
        cancellationToken.ThrowIfCancellationRequested();
        fault = default;
        var name = ScalarTypes.MetadataNameOf(type);
        if (options.HasFlag(WireOptions.MessagePackCSharp) && ScalarTypes.InMessagePackCSharp(name) is { } form)
            return Of(WireKind.Value, type) with { Name = form };
        if (ScalarTypes.Of(name) is { } scalar)
            return Of(WireKind.Scalar, type) with { Name = scalar.Name, MinBytes = scalar.MinBytes, MaxBytes = scalar.MaxBytes };
        if (ScalarTypes.IsValue(name))
            return Of(WireKind.Value, type) with { Name = type.Name, IsClosedShape = type.Name is "BigInteger" or "RawMessage" };
        if (type is { TypeArguments.Length: 1 } && type.TypeArguments[0].SpecialType == SpecialType.System_Byte && CollectionForms.OfBytes(name) is { } bytes)
            return Of(WireKind.Bytes, type) with { Form = bytes, MinBytes = 2, IsClosedShape = !name.EndsWith("Memory`1", StringComparison.Ordinal) };
        if (CollectionForms.OfSequence(name) is { } sequence)
            return Sequence(type, type.TypeArguments[0], sequence, options, out fault);
        if (CollectionForms.OfMap(name) is { } map)
            return Map(type, map, options, out fault);
        if (type.IsTupleType)
            return Tuple(type, type.TupleElements.Select(e => e.Type), type.TupleElements.Select((_, i) => $"Item{i + 1}"), options, out fault);
        if (name == "System.Collections.Generic.KeyValuePair`2")
            return Tuple(type, type.TypeArguments, ["Key", "Value"], options, out fault);
        if (name.StartsWith("System.Tuple`", StringComparison.Ordinal) && type.TypeArguments.Length < 8)
            return Tuple(type, type.TypeArguments, type.TypeArguments.Select((_, i) => $"Item{i + 1}"), options, out fault);
        return ClassifyUserType(type, out fault);
    }

    WireType? Sequence(ITypeSymbol type, ITypeSymbol element, CollectionForm form, WireOptions options, out TypeFault fault) =>
        ClassifyNested(element, options, out fault) is not { } item ? null
            : !CanBeOrdered(type, item) ? Fail(Descriptors.UnsupportedType, type, ": its elements have no order", out fault)
            : Of(WireKind.Sequence, type) with
            {
                Form = form,
                Items = [item],
                Label = $"{(type is IArrayTypeSymbol ? "Array" : type.Name)}Of{item.Label}",
                IsClosedShape = item.IsClosedShape && (form.Span is "{0}" or "{0}.AsSpan()" || form.Via == "List") && type.TypeKind != TypeKind.Interface && form.Charge == 0,
            };

    static bool CanBeOrdered(ITypeSymbol type, WireType key) =>
        !type.Name.Contains("Sorted") || key is { Kind: WireKind.String or WireKind.Enum } or { Kind: WireKind.Scalar, Name: not "Complex" };

    WireType? Map(INamedTypeSymbol type, CollectionForm form, WireOptions options, out TypeFault fault)
    {
        if (ClassifyNested(type.TypeArguments[0].WithNullableAnnotation(NullableAnnotation.NotAnnotated), options, out fault) is not { } key)
            return null;
        if (key.Kind == WireKind.Nullable)
            return Fail(Descriptors.UnsupportedType, type, ": a key cannot be nil", out fault);
        if (!CanBeOrdered(type, key))
            return Fail(Descriptors.UnsupportedType, type, ": its keys have no order", out fault);
        return ClassifyNested(type.TypeArguments[1], options, out fault) is { } value
            ? Of(WireKind.Map, type) with { Form = form, Items = [key, value], Label = $"{type.Name}Of{key.Label}To{value.Label}", IsClosedShape = false }
            : null;
    }

    WireType? Tuple(INamedTypeSymbol type, IEnumerable<ITypeSymbol> types, IEnumerable<string> fields, WireOptions options, out TypeFault fault)
    {
        fault = default;
        var items = new List<WireType>();
        foreach (var element in types)
        {
            if (ClassifyNested(element, options, out fault) is not { } item)
                return null;
            items.Add(item);
        }

        return Of(WireKind.Tuple, type) with
        {
            Items = items.ToEquatableArray(),
            Fields = fields.ToEquatableArray(),
            Label = $"{type.Name switch { "" => "ValueTuple", var n => n }}Of{string.Concat(items.Select(i => i.Label))}",
            MinBytes = 1 + items.Sum(i => i.MinBytes),
            IsClosedShape = items.All(i => i.IsClosedShape),
        };
    }

    // List<List<…>> as deep as a program can write it is fine; a generic that nests itself at each construction is endless.
    WireType? ClassifyNested(ITypeSymbol type, WireOptions options, out TypeFault fault)
    {
        if (_nesting > 32)
            return Fail(Descriptors.UnsupportedType, type, ": it is nested without an end", out fault);
        _nesting++;
        try
        {
            return ClassifyAnew(type, options, out fault);
        }
        finally
        {
            _nesting--;
        }
    }

    static WireType Enum(INamedTypeSymbol type, WireOptions options)
    {
        var underlying = type.EnumUnderlyingType!;
        var scalar = ScalarTypes.Of(ScalarTypes.MetadataNameOf(underlying))!;
        return Of(WireKind.Enum, type) with
        {
            Items = [Of(WireKind.Scalar, underlying) with { Name = scalar.Name, MinBytes = scalar.MinBytes, MaxBytes = scalar.MaxBytes }],
            MinBytes = scalar.MinBytes,
            MaxBytes = scalar.MaxBytes,
            Closed = options.HasFlag(WireOptions.ClosedEnums) ? ClosedEnums.Condition(type) : "",
        };
    }

    static WireType Nullable(ITypeSymbol type, WireType underlying) => new()
    {
        Kind = WireKind.Nullable,
        Type = underlying.Type + "?",
        Label = "Nullable" + underlying.Label,
        IsReference = !type.IsValueType,
        MinBytes = 1,
        MaxBytes = underlying.MaxBytes,
        Items = [underlying],
        IsClosedShape = underlying.IsClosedShape,
    };

    static WireType Of(WireKind kind, ITypeSymbol type) => new()
    {
        Kind = kind,
        Type = type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToFullyQualified(),
        Label = type is IArrayTypeSymbol array ? $"ArrayOf{array.ElementType.Name}" : type.Name,
        IsReference = !type.IsValueType,
    };

    static WireType? Fail(DiagnosticDescriptor rule, ITypeSymbol culprit, string hint, out TypeFault fault)
    {
        fault = new TypeFault(rule, culprit, hint);
        return null;
    }
}

/// <summary>What the message around a value says about it.</summary>
[Flags]
enum WireOptions
{
    None = 0,

    /// <summary>Values without a name in their enum are refused.</summary>
    ClosedEnums = 1,

    /// <summary>The message is annotated for MessagePack-CSharp, whose bytes differ for a few types.</summary>
    MessagePackCSharp = 2,

    All = ClosedEnums | MessagePackCSharp,
}
