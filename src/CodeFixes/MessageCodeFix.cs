using System.Composition;
using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.CodeFixes;

/// <summary>Gives a message a free code, or restores the one that was published.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MessageCodeFix))]
public sealed class MessageCodeFix() : ButlerCodeFix(["BRPC0003", "BRPC0004", "BRPC0005", "BRPC3003"], batch: false)
{
    private protected override Task RegisterAsync(Fix fix)
    {
        var isPublished = fix.Diagnostic.Id == "BRPC3003";
        if (fix.Property(isPublished ? FixProperties.Number : FixProperties.FreeCode) is not { } code)
            return Task.CompletedTask;
        var title = isPublished ? $"Restore code {code}" : $"Take code {code}";
        if (fix.Ancestor<AttributeSyntax>() is { } attribute)
            fix.Replace(title, attribute, () => AttributeEdits.With(attribute, "Code", code), "Code");
        else if (fix.Ancestor<MemberDeclarationSyntax>() is { } member)
        {
            var name = member is MethodDeclarationSyntax ? "ButlerMethod" : "ButlerMessage";
            if (AttributeEdits.Find(member.AttributeLists, name) is { } own)
                fix.Replace(title, own, () => AttributeEdits.With(own, "Code", code), "Code");
            else if (uint.Parse(code, System.Globalization.CultureInfo.InvariantCulture) <= int.MaxValue)
                fix.Replace(title, member, () => AttributeEdits.Add(member, AttributeEdits.Make(name, $"Code = {code}")), "Code");
        }

        return Task.CompletedTask;
    }
}
