using System.Composition;
using ButlerRpc.Generator.Diagnostics;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;

namespace ButlerRpc.CodeFixes;

/// <summary>Records the contract in butler.contracts.txt.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ContractFileFix))]
public sealed class ContractFileFix() : ButlerCodeFix(["BRPC3001", "BRPC3002"], batch: false)
{
    private protected override Task RegisterAsync(Fix fix)
    {
        if (fix.Property(FixProperties.File) is not { } text)
            return Task.CompletedTask;
        var project = fix.Document.Project;
        var file = project.AdditionalDocuments.FirstOrDefault(d => Path.GetFileName(d.FilePath ?? d.Name) == ContractFacts.FileName);
        fix.Offer("Record the contract", _ => Task.FromResult(file is null ? Write(project, text) : project.Solution.WithAdditionalDocumentText(file.Id, SourceText.From(text))), "Record");
        return Task.CompletedTask;
    }

    static Solution Write(Project project, string text)
    {
        var path = Path.Combine(Path.GetDirectoryName(project.FilePath ?? "") ?? "", ContractFacts.FileName);
        return project.AddAdditionalDocument(ContractFacts.FileName, SourceText.From(text), filePath: path).Project.Solution;
    }
}
