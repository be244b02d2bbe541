using ButlerRpc.Generator.Diagnostics;
using ButlerRpc.Generator.Emitting;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Messages and other types of users.</summary>
partial class TypeClassifier
{
    /// <summary>The nested class that is a message's generated codec.</summary>
    public const string CodecClass = "ButlerCodec";

    WireType? ClassifyUserType(INamedTypeSymbol type, out TypeFault fault)
    {
        fault = default;
        if (MessageKinds.IsButlerMessage(type, known))
        {
            if (MessageKinds.UsesTypeParameters(type, known))
                return Structure(type, out fault);
            if (type.IsAbstract && !MessageKinds.IsUnion(type, known))
                return Fail(Descriptors.AbstractWithoutUnion, type, "", out fault);
            if (!SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, known.Compilation.Assembly))
            {
                if (type.GetTypeMembers(CodecClass).IsEmpty)
                    return Implements(type) ? HandWritten(type) : Fail(Descriptors.NoCodecInAssembly, type, "", out fault);
                if (known.CodecFormatOf(type.ContainingAssembly) is not CodecFormat.Current and var format)
                    return Fail(Descriptors.CodecFormatDiffers, type, $"{format}, not {CodecFormat.Current}", out fault);
            }

            return Of(WireKind.Message, type) with
            {
                Name = $"{type.ToFullyQualifiedBare()}.{CodecClass}",
                IsClosedShape = !type.IsAbstract && !known.Cycles.IsCyclic(type) && known.Closed.IsClosed(type),
            };
        }

        if (Implements(type))
            return HandWritten(type);
        if (MessagePackCSharp.IsAnnotated(type))
            return Structure(type, out fault);
        return type.TypeKind switch
        {
            _ when IsNoData(type) => Fail(Descriptors.NotData, type, InsteadOf(type), out fault),
            TypeKind.Class or TypeKind.Struct or TypeKind.Interface when !IsFromFramework(type) => Fail(Descriptors.TypeNotAMessage, type, "", out fault),
            _ => Fail(Descriptors.UnsupportedType, type, TypeFault.LeaveOut + ", or give it a codec with [UseCodec]", out fault),
        };
    }

    static string InsteadOf(INamedTypeSymbol type) =>
        type.SpecialType == SpecialType.System_Object ? "; use a union, or RawMessage for whatever comes"
        : type.Name.EndsWith("Stream", StringComparison.Ordinal) ? "; use byte[], or for much IAsyncEnumerable<byte[]> in a method"
        : TypeFault.LeaveOut;

    // Closed generics and types annotated for another library: their codec is written beside their user.
    WireType? Structure(INamedTypeSymbol type, out TypeFault fault)
    {
        fault = default;
        if (type.TypeArguments.Any(a => a is ITypeParameterSymbol))
            return Fail(Descriptors.OpenGeneric, type, "", out fault);
        var bare = type.WithNullableAnnotation(NullableAnnotation.NotAnnotated);
        if (_faulted.TryGetValue(bare, out fault))
            return null;
        if (!_structures.TryGetValue(bare, out var name))
        {
            if (_structures.Count > 200)
                return Fail(Descriptors.UnsupportedType, type, ": it is nested without an end", out fault);
            name = Identifiers.Unique("CodecOf" + LabelOf(type), _structures.Values);
            _structures.Add(bare, name);
            TypeFault? first = null;
            var model = new MessageParser((INamedTypeSymbol)bare, this, report: null, f => first ??= f).Parse(name);
            if (model.IsBaseOnly)
                first ??= new TypeFault(Descriptors.NoUsableConstructor, type, "");
            if (first is { } inner)
            {
                _faulted.Add(bare, fault = inner);
                return null;
            }

            _models.Add(model);
        }

        return Of(WireKind.Structure, type) with { Name = name, Label = LabelOf(type), IsClosedShape = false };
    }

    static WireType HandWritten(INamedTypeSymbol type) => Of(WireKind.HandWritten, type) with { IsClosedShape = false };

    bool Implements(INamedTypeSymbol type) =>
        type.AllInterfaces.Any(i => i.Is(known.IButlerMessage) && SymbolEqualityComparer.Default.Equals(i.TypeArguments[0], type));

    static string LabelOf(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => "ArrayOf" + LabelOf(array.ElementType),
        INamedTypeSymbol { TypeArguments.Length: > 0 } generic => generic.Name + "Of" + string.Concat(generic.TypeArguments.Select(LabelOf)),
        _ => type.Name,
    };

    static bool IsNoData(INamedTypeSymbol type)
    {
        if (type.SpecialType == SpecialType.System_Object || type.TypeKind == TypeKind.Delegate || type.IsRefLikeType)
            return true;
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (ScalarTypes.MetadataNameOf(t) is "System.IO.Stream" or "System.Threading.Tasks.Task" or "System.Type" or "System.Exception" or "System.Threading.CancellationToken" or "System.Lazy`1")
                return true;
        }

        return false;
    }

    static bool IsFromFramework(INamedTypeSymbol type)
    {
        var ns = type.ContainingNamespace;
        while (ns is { IsGlobalNamespace: false, ContainingNamespace.IsGlobalNamespace: false })
            ns = ns.ContainingNamespace;
        return ns?.Name == "System" && !type.DeclaringSyntaxReferences.Any();
    }
}
