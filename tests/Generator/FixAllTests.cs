using System.Collections.Immutable;
using ButlerRpc.CodeFixes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;

namespace ButlerRpc.Generator.Tests;

/// <summary>One fault all over a project, mended in one go.</summary>
sealed class FixAllTests
{
    // Each takes the next free number, or changes what another occurrence is mended by: at once they would all take the same.
    static readonly Type[] OneByOne =
        [typeof(AnnotateMessageFix), typeof(ContractFileFix), typeof(MemberFix), typeof(MessageCodeFix), typeof(MethodCodeFix), typeof(ReserveFix), typeof(UnionFix)];

    [Test]
    public void Every_fix_but_those_that_take_numbers_mends_all_at_once() =>
        Assert.That(Fixes.Providers().Where(p => p.GetFixAllProvider() is null).Select(p => p.GetType()), Is.EquivalentTo(OneByOne));

    [TestCase("BRPC0001", "[ButlerMessage] public record A(int Id); [ButlerMessage] public record B(int Id);", "[ButlerMessage] public record C(int Id);")]
    [TestCase("BRPC0002", "partial class X { [ButlerMessage] private partial record A(int Id); }", "partial class Y { [ButlerMessage] private partial record B(int Id); }")]
    [TestCase("BRPC0025", "[ButlerMessage] public partial record A(DateTime From, DateTime Until);", "[ButlerMessage] public partial record B(List<DateTime> At);")]
    [TestCase("BRPC1001", "[ButlerService] public interface IA { Task RunAsync(CancellationToken ct); }", "[ButlerService] public interface IB { Task RunAsync(CancellationToken ct); }")]
    [TestCase("BRPC1003", "[ButlerService] public partial interface IA { int One(CancellationToken ct); int Two(CancellationToken ct); }", "[ButlerService] public partial interface IB { string Three(CancellationToken ct); }")]
    [TestCase("BRPC1006", "[ButlerService] public partial interface IA { Task One(in int id, in int other, CancellationToken ct); }", "[ButlerService] public partial interface IB { Task Two(ref int id, CancellationToken ct); }")]
    [TestCase("BRPC1009", "[ButlerService] public partial interface IA { Task One(); Task Two(int id); }", "[ButlerService] public partial interface IB { Task Three(); }")]
    public async Task All_occurrences_in_a_project_are_mended_at_once(string id, string source, string otherFile)
    {
        using var workspace = new AdhocWorkspace();
        var document = Fixes.Open(workspace, "using ButlerRpc;\n\n" + source + "\n", "using ButlerRpc;\n\n" + otherFile + "\n", null);
        var faults = (await Fixes.FaultsOf(document)).Where(d => d.Id == id).ToImmutableArray();
        Assert.That(faults.Select(f => f.Location.SourceTree).Distinct().Count(), Is.EqualTo(2), "both files have the fault");

        var mended = await MendAllAsync(document, id, faults);

        Assert.That((await Fixes.FaultsOf(mended)).Where(d => d.Id == id || d.Severity == DiagnosticSeverity.Error), Is.Empty);
    }

    static async Task<Document> MendAllAsync(Document document, string id, ImmutableArray<Diagnostic> faults)
    {
        var provider = Fixes.Providers().Single(p => p.FixableDiagnosticIds.Contains(id));
        string? key = null;
        var tree = await document.GetSyntaxTreeAsync();
        var first = faults.First(f => f.Location.SourceTree == tree);
        await provider.RegisterCodeFixesAsync(new CodeFixContext(document, first, (action, _) => key ??= action.EquivalenceKey, CancellationToken.None));
        var context = new FixAllContext(document, provider, FixAllScope.Project, key, [id], new Found(faults), CancellationToken.None);
        var operations = await (await provider.GetFixAllProvider()!.GetFixAsync(context))!.GetOperationsAsync(CancellationToken.None);
        return operations.OfType<Microsoft.CodeAnalysis.CodeActions.ApplyChangesOperation>().Single().ChangedSolution.GetDocument(document.Id)!;
    }

    sealed class Found(ImmutableArray<Diagnostic> faults) : FixAllContext.DiagnosticProvider
    {
        public override Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>(faults);

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>([]);

        public override async Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellationToken)
        {
            var tree = await document.GetSyntaxTreeAsync(cancellationToken);
            return faults.Where(f => f.Location.SourceTree == tree);
        }
    }
}
