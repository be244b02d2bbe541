using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary><c>[assembly: UseCodec(typeof(C))]</c>: codecs for types that the user does not own.</summary>
static class AssemblyCodecs
{
    /// <summary>The codec that the compilation has for a type; null: none.</summary>
    public static INamedTypeSymbol? Of(ITypeSymbol type, KnownSymbols known) =>
        known.AssemblyCodecs.Count > 0 && known.AssemblyCodecs.TryGetValue(type.WithNullableAnnotation(NullableAnnotation.NotAnnotated), out var codec) ? codec : null;

    public static IReadOnlyDictionary<ITypeSymbol, INamedTypeSymbol> In(Compilation compilation, INamedTypeSymbol? useCodec)
    {
        var codecs = new Dictionary<ITypeSymbol, INamedTypeSymbol>(SymbolEqualityComparer.Default);
        foreach (var attribute in compilation.Assembly.GetAttributes())
        {
            if (attribute.AttributeClass.Is(useCodec) && attribute.ConstructorArguments is [{ Value: INamedTypeSymbol codec }] && ReadMethod(codec) is { } read && Carries(codec, read.ReturnType))
                codecs[read.ReturnType.WithNullableAnnotation(NullableAnnotation.NotAnnotated)] = codec;
        }

        return codecs;
    }

    /// <summary>The codec writes and reads values of the type.</summary>
    public static bool Carries(INamedTypeSymbol codec, ITypeSymbol type) =>
        ReadMethod(codec) is { } read && SymbolEqualityComparer.Default.Equals(read.ReturnType, Bare(type)) &&
        WriteMethod(codec) is { } write && SymbolEqualityComparer.Default.Equals(write.Parameters[1].Type, Bare(type));

    /// <summary>The fault of a codec that does not.</summary>
    public static TypeFault Fault(INamedTypeSymbol codec, ITypeSymbol type) => new(Descriptors.BadUseCodec, codec, Bare(type).ToMinimal());

    /// <summary>The codec's <c>static T Read(ref MessagePackReader)</c>.</summary>
    public static IMethodSymbol? ReadMethod(INamedTypeSymbol codec) => codec.GetMembers("Read").OfType<IMethodSymbol>()
        .FirstOrDefault(m => m is { IsStatic: true, ReturnsVoid: false, Parameters: [{ RefKind: RefKind.Ref, Type.Name: "MessagePackReader" }] });

    /// <summary>The codec's <c>static void Write(ref MessagePackWriter, T)</c>.</summary>
    public static IMethodSymbol? WriteMethod(INamedTypeSymbol codec) => codec.GetMembers("Write").OfType<IMethodSymbol>()
        .FirstOrDefault(m => m is { IsStatic: true, ReturnsVoid: true, Parameters: [{ RefKind: RefKind.Ref, Type.Name: "MessagePackWriter" }, _] });

    static ITypeSymbol Bare(ITypeSymbol type) => type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable
        ? nullable.TypeArguments[0]
        : type.WithNullableAnnotation(NullableAnnotation.NotAnnotated);
}
