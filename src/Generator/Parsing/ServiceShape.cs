using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Whether generated code can extend an interface at all: partial, not generic, and within reach.</summary>
static class ServiceShape
{
    /// <summary>True when it can; else the fault has been reported.</summary>
    public static bool Check(INamedTypeSymbol service, KnownSymbols known, Action<Diagnostic>? report)
    {
        var extendable = true;
        for (var type = service; type is not null; type = type.ContainingType)
        {
            if (type.TypeParameters.Length > 0)
                extendable = Refuse(Descriptors.GenericMethodOrService, type, report);
            else if (FirstNotPartial(type) is { } declaration)
                extendable = Refuse(Descriptors.ServiceNotPartial, type, report, declaration.Identifier.GetLocation());
        }

        // With one of these the interface cannot be a type argument, so nothing that is generated would compile.
        foreach (var member in ServiceParser.Interfaces(service, known).SelectMany(i => i.GetMembers()).Where(m => m is { IsStatic: true, IsAbstract: true } && ServiceParser.IsRemote(m)))
            extendable = Refuse(Descriptors.MemberNotAMethod, member, report, service, "a static abstract member");

        return service.IsNameable() ? extendable : Refuse(Descriptors.ServiceNotAccessible, service, report);
    }

    static TypeDeclarationSyntax? FirstNotPartial(INamedTypeSymbol type) => type.DeclaringSyntaxReferences
        .Select(r => r.GetSyntax()).OfType<TypeDeclarationSyntax>().FirstOrDefault(d => !d.Modifiers.Any(SyntaxKind.PartialKeyword));

    static bool Refuse(DiagnosticDescriptor rule, INamedTypeSymbol type, Action<Diagnostic>? report, Location? location = null)
    {
        report?.Invoke(Diagnostic.Create(rule, location ?? type.Locations[0], type.Name));
        return false;
    }

    static bool Refuse(DiagnosticDescriptor rule, ISymbol member, Action<Diagnostic>? report, INamedTypeSymbol service, string kind)
    {
        report?.Invoke(Diagnostic.Create(rule, member.Locations[0].IsInSource ? member.Locations[0] : service.Locations[0], member.Name, kind));
        return false;
    }
}
