using System.Composition;
using ButlerRpc.Generator.Diagnostics;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace ButlerRpc.CodeFixes;

/// <summary>Records an addition in butler.contracts.txt, or reserves the index of a member that is gone.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ContractFileFix))]
public sealed class ContractFileFix() : ButlerCodeFix(["BRPC3002", "BRPC3005"], batch: false)
{
    private protected override Task RegisterAsync(Fix fix)
    {
        var file = fix.Document.Project.AdditionalDocuments.FirstOrDefault(d => Path.GetFileName(d.FilePath ?? d.Name) == ContractFacts.FileName);
        if (fix.Diagnostic.Id == "BRPC3002" && file is not null && fix.Property(FixProperties.File) is { } text)
            fix.Offer("Record the contract", _ => Task.FromResult(fix.Document.Project.Solution.WithAdditionalDocumentText(file.Id, SourceText.From(text))), "Record");
        else if (fix.Diagnostic.Id == "BRPC3005" && fix.Property(FixProperties.Number) is { } index && fix.Ancestor<TypeDeclarationSyntax>() is { } message)
            Reserve(fix, message, index);
        return Task.CompletedTask;
    }

    static void Reserve(Fix fix, TypeDeclarationSyntax message, string index)
    {
        var title = $"Reserve index {index}";
        if (AttributeEdits.Find(message.AttributeLists, "ButlerReserved") is { } attribute)
        {
            var argument = SyntaxFactory.AttributeArgument(SyntaxFactory.ParseExpression(index)).WithLeadingTrivia(SyntaxFactory.Space);
            fix.Replace(title, attribute, () => attribute.WithArgumentList(attribute.ArgumentList!.AddArguments(argument)), "Reserve");
        }
        else
            fix.Replace(title, message, () => AttributeEdits.Add(message, AttributeEdits.Make("ButlerReserved", index)), "Reserve");
    }
}
