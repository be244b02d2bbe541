using ButlerRpc.Generator.Emitting;
using ButlerRpc.Generator.Model;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.Generator;

/// <summary>Messages: symbols to <see cref="MessageModel"/> to one file each. Faults are reported by the analyzers, which read with the same parser.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class ButlerMessageGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var messages = Models(context, KnownNames.ButlerMessage, static _ => true).WithTrackingName(TrackingNames.Messages);
        Emit(context, messages);

        // A union may do without [ButlerMessage]; one that has both is a message already.
        var unions = Models(context, KnownNames.ButlerUnion, static type => type.GetAttributes().All(a => a.AttributeClass?.ToDisplayString() != KnownNames.ButlerMessage))
            .WithTrackingName(TrackingNames.Unions);
        Emit(context, unions);

        // One line for the assembly, which says how its codecs were made.
        var hasCodecs = messages.Collect().Combine(unions.Collect()).Select(static (all, _) => !all.Left.IsEmpty || !all.Right.IsEmpty).WithTrackingName(TrackingNames.Format);
        context.RegisterSourceOutput(hasCodecs, static (output, any) =>
        {
            if (any)
                output.AddSource(CodecFormat.HintName, CodecFormat.Emit());
        });
    }

    static IncrementalValuesProvider<MessageModel> Models(IncrementalGeneratorInitializationContext context, string attribute, Func<INamedTypeSymbol, bool> isMine) =>
        Guarded.Models(context, context.SyntaxProvider.ForAttributeWithMetadataName(
            attribute,
            static (node, _) => node is TypeDeclarationSyntax,
            (c, token) => c.TargetSymbol is INamedTypeSymbol type && isMine(type) && c.IsFirstPart() ? Guarded.Read(type, () => Parse(type, c.SemanticModel.Compilation, token)) : null));

    static MessageModel? Parse(INamedTypeSymbol type, Compilation compilation, CancellationToken cancellationToken)
    {
        var known = KnownSymbols.Of(compilation);
        if (!known.CanGenerate || !MessageShape.Check(type, report: null) || MessageKinds.UsesTypeParameters(type, known))
            return null;
        var model = known.Messages.OfDeclaration(type, cancellationToken);
        return model.IsBaseOnly ? null : model;
    }

    static void Emit(IncrementalGeneratorInitializationContext context, IncrementalValuesProvider<MessageModel> messages) => Guarded.Emit(
        context, messages,
        static message => message.Declaration!.DisplayName,
        static message => [(HintNames.Of(message.Declaration!, "Codec"), MessageEmitter.Emit(message))]);
}
