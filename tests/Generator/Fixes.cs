using ButlerRpc.CodeFixes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace ButlerRpc.Generator.Tests;

/// <summary>Applies a code fix, compares the text, and has the analyzers and the compiler look at the result: the fault must be gone and nothing new be there.</summary>
static class Fixes
{
    /// <param name="source">The source with one fault.</param>
    /// <param name="expected">The source after the fix.</param>
    /// <param name="action">Which of the offered actions: the beginning of its title; the only one when null.</param>
    /// <param name="otherFile">A file that is compiled with it.</param>
    /// <param name="contract">The recorded contract; null: there is none.</param>
    public static async Task Expect(string id, string source, string expected, string? action = null, string otherFile = "", string? contract = null)
    {
        using var workspace = new AdhocWorkspace();
        var document = Open(workspace, source, otherFile, contract);
        var faults = (await FaultsOf(document)).Where(d => d.Id == id).ToList();
        Assert.That(faults, Is.Not.Empty, "the source has no such fault");
        var changed = await ApplyAsync(document, faults[0], action);
        Assert.That((await changed.GetTextAsync()).ToString(), Is.EqualTo(expected));
        Assert.That((await FaultsOf(changed)).Where(d => (d.Severity >= DiagnosticSeverity.Warning && d.Id is not ("BRPC3001" or "BRPC3002")) || d.Id == id), Is.Empty);
    }

    /// <summary>The project after the only fix of the first such fault.</summary>
    public static async Task<Document> ApplyAsync(string id, string source)
    {
        using var workspace = new AdhocWorkspace();
        var document = Open(workspace, source, "", null);
        return await ApplyAsync(document, (await FaultsOf(document)).First(d => d.Id == id), null);
    }

    static async Task<Document> ApplyAsync(Document document, Diagnostic fault, string? action)
    {
        var actions = new List<CodeAction>();
        foreach (var provider in Providers().Where(p => p.FixableDiagnosticIds.Contains(fault.Id)))
            await provider.RegisterCodeFixesAsync(new CodeFixContext(document, fault, (a, _) => actions.Add(a), CancellationToken.None));
        var chosen = action is null ? actions.Single() : actions.Single(a => a.Title.StartsWith(action, StringComparison.Ordinal));
        var operations = await chosen.GetOperationsAsync(CancellationToken.None);
        return operations.OfType<ApplyChangesOperation>().Single().ChangedSolution.GetDocument(document.Id)!;
    }

    /// <summary>Every fix of the product.</summary>
    public static IEnumerable<CodeFixProvider> Providers() => typeof(ButlerCodeFix).Assembly.GetTypes()
        .Where(t => t.IsDefined(typeof(ExportCodeFixProviderAttribute), false))
        .Select(t => (CodeFixProvider)Activator.CreateInstance(t)!);

    public static Document Open(AdhocWorkspace workspace, string source, string otherFile, string? contract)
    {
        var compilation = Generated.Compile("Contracts", []);
        var id = ProjectId.CreateNewId();
        var solution = workspace.CurrentSolution.AddProject(ProjectInfo.Create(
            id, VersionStamp.Default, "Contracts", "Contracts", LanguageNames.CSharp,
            compilationOptions: compilation.Options, parseOptions: compilation.SyntaxTrees[0].Options, metadataReferences: compilation.References));
        solution = solution.AddDocument(DocumentId.CreateNewId(id), "Usings.cs", SourceText.From(compilation.SyntaxTrees[0].ToString()));
        solution = solution.AddDocument(DocumentId.CreateNewId(id), "Other.cs", SourceText.From(otherFile));
        if (contract is not null)
            solution = solution.AddAdditionalDocument(DocumentId.CreateNewId(id), "butler.contracts.txt", SourceText.From(contract), filePath: "butler.contracts.txt");
        var document = DocumentId.CreateNewId(id);
        return solution.AddDocument(document, "Source.cs", SourceText.From(source), filePath: "Source.cs").GetDocument(document)!;
    }

    /// <summary>What the analyzers and the compiler say of the project of a document.</summary>
    public static async Task<IEnumerable<Diagnostic>> FaultsOf(Document document)
    {
        var compilation = (CSharpCompilation)(await document.Project.GetCompilationAsync())!;
        var options = (CSharpParseOptions)document.Project.ParseOptions!;
        Generated.CreateDriver(options).RunGeneratorsAndUpdateCompilation(compilation, out var output, out _);
        var contract = document.Project.AdditionalDocuments.SingleOrDefault();
        return await Faults.ReportedBy(output, contract is null ? null : new RecordedContract((await contract.GetTextAsync()).ToString()));
    }
}
