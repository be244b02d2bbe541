using ButlerRpc.Generator.Emitting;
using ButlerRpc.Generator.Model;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.Generator;

/// <summary>Services: symbols to <see cref="ServiceModel"/> to one file per kind of output. Faults are reported by the analyzers, which read with the same parser.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class ButlerServiceGenerator : IIncrementalGenerator
{
    static readonly (string Kind, Func<ServiceModel, string?> Emit)[] Outputs =
    [
        ("Service", ServiceEmitter.Emit),
        ("Contract", ContractEmitter.Emit),
        ("Methods", MethodsEmitter.Emit),
        ("Proxy", ProxyEmitter.Emit),
        ("Values", ValuesEmitter.Emit),
    ];

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var readings = Guarded.Models(context, context.SyntaxProvider.ForAttributeWithMetadataName(
            KnownNames.ButlerService, static (node, _) => node is InterfaceDeclarationSyntax, static (c, token) => c.IsFirstPart() ? Guarded.Read(c.TargetSymbol, () => Parse(c, token)) : null));

        var services = readings.Select(static (reading, _) => reading.Service).WithTrackingName(TrackingNames.Services);
        Guarded.Emit(context, services, static service => service.Name, static service =>
            from output in Outputs
            let text = output.Emit(service)
            where text is not null
            select (HintNames.Of(service.Type, output.Kind), text));

        var shapes = readings.Select(static (reading, _) => reading.Shapes).WithTrackingName(TrackingNames.Shapes);
        Guarded.Emit(
            context, shapes, static service => service.Type.DisplayName, static service => [(HintNames.Of(service.Type, "Shapes"), ShapesEmitter.Emit(service))]);
    }

    static ServiceReading? Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        var known = KnownSymbols.Of(context.SemanticModel.Compilation);
        var service = (INamedTypeSymbol)context.TargetSymbol;
        return known.CanGenerate && ServiceShape.Check(service, known, report: null)
            ? new ServiceParser(service, known, report: null, cancellationToken).Parse()
            : null;
    }
}
