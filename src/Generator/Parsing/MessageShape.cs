using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Whether generated code can extend a message: partial, within reach, and no ref struct.</summary>
static class MessageShape
{
    /// <summary>True when it can; else the fault has been reported.</summary>
    public static bool Check(INamedTypeSymbol message, Action<Diagnostic>? report)
    {
        var extendable = true;
        for (var type = message; type is not null; type = type.ContainingType)
        {
            var declaration = type.DeclaringSyntaxReferences.Select(r => r.GetSyntax()).OfType<TypeDeclarationSyntax>()
                .FirstOrDefault(d => !d.Modifiers.Any(SyntaxKind.PartialKeyword));
            if (declaration is null)
                continue;
            report?.Invoke(Diagnostic.Create(Descriptors.MessageNotPartial, declaration.Identifier.GetLocation(), type.Name));
            extendable = false;
        }

        if (message.IsRefLikeType)
        {
            // It can be no type argument, so nothing that is generated would compile.
            report?.Invoke(Diagnostic.Create(Descriptors.NotData, message.Locations[0], message.Name, "ref struct", "; make it a struct"));
            return false;
        }

        if (message.IsNameable())
            return extendable;
        report?.Invoke(Diagnostic.Create(Descriptors.MessageNotAccessible, message.Locations[0], message.Name));
        return false;
    }
}
