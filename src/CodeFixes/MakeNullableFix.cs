using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.CodeFixes;

/// <summary>Lets a member be nil: that ends a ring of messages, and it is what peers built before send.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MakeNullableFix))]
public sealed class MakeNullableFix() : ButlerCodeFix(["BRPC0015", "BRPC3007"])
{
    private protected override Task RegisterAsync(Fix fix)
    {
        if (MemberTypes.MemberAround(fix.Node) is { } member && MemberTypes.Of(member) is { } type)
            fix.Replace("Make nullable", member, () => WithoutRequired(type is NullableTypeSyntax ? member : member.ReplaceNode(type, MemberTypes.Nullable(type))));
        return Task.CompletedTask;
    }

    static SyntaxNode WithoutRequired(SyntaxNode member) =>
        member is MemberDeclarationSyntax declaration && declaration.Modifiers.FirstOrDefault(m => m.IsKind(SyntaxKind.RequiredKeyword)) is { RawKind: not 0 } required
            ? declaration.WithModifiers(declaration.Modifiers.Remove(required))
            : member;
}
