using System.Composition;
using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.CodeFixes;

/// <summary>Reserves the index of a member that is gone, or that no member has.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ReserveFix))]
public sealed class ReserveFix() : ButlerCodeFix(["BRPC0008", "BRPC3005"], batch: false)
{
    private protected override Task RegisterAsync(Fix fix)
    {
        if (fix.Property(FixProperties.Number) is not { } indexes || fix.Ancestor<TypeDeclarationSyntax>() is not { } message || message is InterfaceDeclarationSyntax)
            return Task.CompletedTask;
        var title = $"Reserve index {indexes}";
        if (AttributeEdits.Find(message.AttributeLists, "ButlerReserved") is { ArgumentList: { } arguments } attribute)
        {
            var added = SyntaxFactory.ParseAttributeArgumentList($"({indexes})")!.Arguments.Select(a => a.WithLeadingTrivia(SyntaxFactory.Space)).ToArray();
            fix.Replace(title, attribute, () => attribute.WithArgumentList(arguments.AddArguments(added)), "Reserve");
        }
        else
            fix.Replace(title, message, () => AttributeEdits.Add(message, AttributeEdits.Make("ButlerReserved", indexes)), "Reserve");
        return Task.CompletedTask;
    }
}
