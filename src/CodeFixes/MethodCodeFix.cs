using System.Composition;
using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.CodeFixes;

/// <summary>Gives a method a code of its own.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MethodCodeFix))]
public sealed class MethodCodeFix() : ButlerCodeFix(["BRPC1007"], batch: false)
{
    private protected override Task RegisterAsync(Fix fix)
    {
        if (fix.Ancestor<MethodDeclarationSyntax>() is { } method && fix.Property(FixProperties.FreeCode) is { } code)
        {
            var title = $"Add [ButlerMethod(Code = {code})]";
            if (AttributeEdits.Find(method.AttributeLists, "ButlerMethod") is { } attribute)
                fix.Replace(title, attribute, () => AttributeEdits.With(attribute, "Code", code), "Code");
            else
                fix.Replace(title, method, () => AttributeEdits.Add(method, AttributeEdits.Make("ButlerMethod", $"Code = {code}")), "Code");
        }

        return Task.CompletedTask;
    }
}
