// How long the generators take for 1 000 messages and 200 services: the first run of a process, and after edits.
using System.Diagnostics;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

const int Messages = 1000;
const int Services = 200;
const int WarmUp = 30;
const int Edits = 30;

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

// An edit makes the compiler declare everything anew, whoever asks first; apart from that is what the driver and its generators take.
var declarations = new List<double>();
var runs = new List<double>();
for (var i = 0; i < WarmUp + Edits; i++)
{
    var number = i * 16;
    var tree = compilation.SyntaxTrees[1 + number];
    compilation = compilation.ReplaceSyntaxTree(tree, tree.WithChangedText(SourceText.From(Message(number, "long"))));
    var declaration = Stopwatch.StartNew();
    _ = compilation.GetDeclarationDiagnostics();
    declaration.Stop();
    var run = Stopwatch.StartNew();
    driver = driver.RunGenerators(compilation);
    run.Stop();
    if (i < WarmUp)
        continue;
    declarations.Add(declaration.Elapsed.TotalMilliseconds);
    runs.Add(run.Elapsed.TotalMilliseconds);
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {Messages} messages and {Services} services, {files} files | fastest | median | slowest |"));
Console.WriteLine("|---|---|---|---|");
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| first run of the process | | {cold.Elapsed.TotalMilliseconds:F0} ms | |"));
List<double> both = [.. declarations.Zip(runs, (d, r) => d + r)];
Report($"edit of one field, the driver; {Edits} edits after {WarmUp}", runs);
Report("edit of one field, the compiler's declarations before it", declarations);
Report("edit of one field, both", both);

static void Report(string what, List<double> times)
{
    times.Sort();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {times[0]:F1} ms | {times[times.Count / 2]:F1} ms | {times[^1]:F1} ms |"));
}

SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(text, options, path);

static string Message(int i, string type) =>
    $"namespace N{i % 10}; [ButlerRpc.ButlerMessage] public partial record M{i}({type} A, string B, List<string> C, Dictionary<string, int>? D, double? E, {(i % 5 == 0 ? "DateTime" : $"global::N{(i - 1) % 10}.M{i - 1}?")} F);";

static string Service(int i) =>
    $"namespace Services; [ButlerRpc.ButlerService] public partial interface IService{i} {{ ValueTask<N{i % 10}.M{i}> OneAsync(N{(i + 1) % 10}.M{i + 1} request, CancellationToken ct = default); Task TwoAsync(N{(i + 2) % 10}.M{i + 2} request); }}";
