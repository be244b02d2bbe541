using System.Composition;
using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace ButlerRpc.CodeFixes;

/// <summary>Makes a DateTimeOffset of a DateTime, or restores the type that was published.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ChangeTypeFix))]
public sealed class ChangeTypeFix() : ButlerCodeFix(["BRPC0025", "BRPC3004"])
{
    private protected override Task RegisterAsync(Fix fix)
    {
        // A parameter's or a result's type is marked itself, a member by its name.
        var type = fix.Node as TypeSyntax ?? MemberTypes.Of(MemberTypes.MemberAround(fix.Node));
        if (type is null)
            return Task.CompletedTask;
        if (fix.Diagnostic.Id == "BRPC0025")
        {
            var names = type.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>().Where(n => n.Identifier.ValueText == "DateTime").ToList();
            if (names.Count > 0)
                fix.Replace("Use DateTimeOffset", type, () => type.ReplaceNodes(names, (_, name) => SyntaxFactory.IdentifierName("DateTimeOffset").WithTriviaFrom(name)));
        }
        else if (fix.Property(FixProperties.Type) is { } published && PublishedTypes.ToCSharp(published) is { } restored)
            fix.Replace($"Restore {published}", type, () => SyntaxFactory.ParseTypeName(restored).WithTriviaFrom(type).WithAdditionalAnnotations(Simplifier.Annotation), "Restore");
        return Task.CompletedTask;
    }
}
