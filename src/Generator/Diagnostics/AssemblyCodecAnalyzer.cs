using System.Collections.Immutable;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Reports <c>[assembly: UseCodec(typeof(C))]</c> when C is no codec: no type would travel by it.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class AssemblyCodecAnalyzer : ContractAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Descriptors.BadUseCodec];

    private protected override void Begin(CompilationStartAnalysisContext start, KnownSymbols known) =>
        start.RegisterSyntaxNodeAction(node => Check(node, known), SyntaxKind.AttributeList);

    static void Check(SyntaxNodeAnalysisContext context, KnownSymbols known)
    {
        if (!((AttributeListSyntax)context.Node).Target?.Identifier.IsKind(SyntaxKind.AssemblyKeyword) ?? true)
            return;
        foreach (var attribute in context.Compilation.Assembly.GetAttributes().Where(a => a.AttributeClass.Is(known.UseCodec) && a.ApplicationSyntaxReference?.GetSyntax().Parent == context.Node))
        {
            if (attribute.ConstructorArguments is not [{ Value: INamedTypeSymbol codec }] || codec.TypeKind == TypeKind.Error)
                continue;
            var type = AssemblyCodecs.ReadMethod(codec)?.ReturnType;
            if (type is null || !AssemblyCodecs.Carries(codec, type))
                context.ReportDiagnostic(Diagnostic.Create(Descriptors.BadUseCodec, attribute.PlaceOf(0), context.Compilation.Assembly.Name, codec.ToMinimal(), type?.ToMinimal() ?? "T"));
        }
    }
}
