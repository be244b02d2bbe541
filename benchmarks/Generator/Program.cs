// How long the generators take for 1 000 messages and 200 services: the first run of a process, and after edits.
using System.Diagnostics;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

const int Messages = 1000;
const int Services = 200;

var options = CSharpParseOptions.Default;
var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(p => MetadataReference.CreateFromFile(p));
var trees = Enumerable.Range(0, Messages).Select(i => Parse(Message(i, "int"), $"M{i}.cs"))
    .Concat(Enumerable.Range(0, Services).Select(i => Parse(Service(i), $"S{i}.cs")))
    .Prepend(Parse("global using System; global using System.Collections.Generic; global using System.Threading; global using System.Threading.Tasks;", "Usings.cs"));
var compilation = CSharpCompilation.Create("Contracts", trees, references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

var generators = typeof(ButlerRpc.Generator.ButlerMessageGenerator).Assembly.GetTypes().Where(t => t.IsDefined(typeof(GeneratorAttribute), false))
    .Select(t => ((IIncrementalGenerator)Activator.CreateInstance(t)!).AsSourceGenerator());
GeneratorDriver driver = CSharpGeneratorDriver.Create(generators, parseOptions: options);

// The compiler binds the sources whether there are generators or not; what it has bound before is not the generators' time.
_ = compilation.GetDiagnostics();

var cold = Stopwatch.StartNew();
driver = driver.RunGenerators(compilation);
cold.Stop();
var files = driver.GetRunResult().GeneratedTrees.Length;

var edits = new List<double>();
for (var i = 0; i < 20; i++)
{
    var tree = compilation.SyntaxTrees[1 + (i * 37)];
    compilation = compilation.ReplaceSyntaxTree(tree, tree.WithChangedText(SourceText.From(Message(i * 37, "long"))));
    var edit = Stopwatch.StartNew();
    driver = driver.RunGenerators(compilation);
    edits.Add(edit.Elapsed.TotalMilliseconds);
}

edits.Sort();
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {Messages} messages and {Services} services, {files} files | |"));
Console.WriteLine("|---|---|");
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| first run of the process | {cold.Elapsed.TotalMilliseconds:F0} ms |"));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| edit of one field, median of {edits.Count} | {edits[edits.Count / 2]:F1} ms |"));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| edit of one field, slowest | {edits[^1]:F1} ms |"));

SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(text, options, path);

static string Message(int i, string type) =>
    $"namespace N{i % 10}; [ButlerRpc.ButlerMessage] public partial record M{i}({type} A, string B, List<string> C, Dictionary<string, int>? D, double? E, {(i % 5 == 0 ? "DateTime" : $"global::N{(i - 1) % 10}.M{i - 1}?")} F);";

static string Service(int i) =>
    $"namespace Services; [ButlerRpc.ButlerService] public partial interface IService{i} {{ ValueTask<N{i % 10}.M{i}> OneAsync(N{(i + 1) % 10}.M{i + 1} request, CancellationToken ct = default); Task TwoAsync(N{(i + 2) % 10}.M{i + 2} request); }}";
