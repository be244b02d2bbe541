using System.Collections.Concurrent;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The models of messages. Each is read once per compilation: for its own codec, and for the contract of every service that it can reach.</summary>
sealed class MessageModels(KnownSymbols known)
{
    readonly ConcurrentDictionary<INamedTypeSymbol, MessageModel> _models = new(SymbolEqualityComparer.IncludeNullability);

    public MessageModel Of(INamedTypeSymbol type, CancellationToken cancellationToken)
    {
        if (_models.TryGetValue(type, out var model))
            return model;
        var classifier = new TypeClassifier(known, cancellationToken);
        return _models.GetOrAdd(type, new MessageParser(type, classifier, report: null).Parse(TypeClassifier.CodecClass) with { Structures = classifier.Structures });
    }

    /// <summary>The model of a message of this assembly that is to be extended.</summary>
    public MessageModel OfDeclaration(INamedTypeSymbol type, CancellationToken cancellationToken) => Of(type, cancellationToken) with
    {
        Declaration = type.ToTypeName(known),
        HidesBaseCodec = HasCodecAbove(type),
    };

    bool HasCodecAbove(INamedTypeSymbol type)
    {
        for (var above = type.BaseType; above is not null; above = above.BaseType)
        {
            if (MessageKinds.IsButlerMessage(above, known) && !MessageKinds.UsesTypeParameters(above, known) && (!above.IsAbstract || MessageKinds.IsUnion(above, known)))
                return true;
        }

        return false;
    }
}
