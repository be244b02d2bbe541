using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Reads the type of an argument, a result, an item or a fault.</summary>
sealed class ValueParser(TypeClassifier classifier)
{
    public ValueModel? Parse(ITypeSymbol type, out TypeFault fault) => classifier.Classify(type, out fault) is { } wire ? Of(type, wire) : null;

    /// <summary>A parameter, which may say how it is carried.</summary>
    public ValueModel? Parse(IParameterSymbol parameter, ITypeSymbol type, out TypeFault fault)
    {
        if (parameter.Find(classifier.Known.UseCodec)?.ConstructorArguments is not [{ Value: INamedTypeSymbol codec }])
            return Parse(type, out fault);
        fault = AssemblyCodecs.Fault(codec, type);
        return AssemblyCodecs.Carries(codec, type) ? Of(type, classifier.WithCodec(type, codec)) : null;
    }

    ValueModel Of(ITypeSymbol type, WireType wire) => new()
    {
        Wire = wire,
        IsMessage = wire.Kind is WireKind.Message or WireKind.HandWritten or WireKind.Structure,

        // The constructions of a generic message share its code, so it says nothing about a method.
        Code = wire.Kind is WireKind.Message or WireKind.HandWritten && type is INamedTypeSymbol { IsGenericType: false } ? type.Find(classifier.Known.ButlerMessage).Named("Code", 0) : 0,
    };
}
