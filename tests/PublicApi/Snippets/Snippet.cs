using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.PublicApi.Tests.Snippets;

/// <summary>
/// A block of C# on a page, as a reader takes it: in a scope that has what the page has declared before, and may declare that anew. What pages speak of and leave to
/// their readers (an order, the services of a host) is in <c>Given.cs</c>.
/// </summary>
sealed record Snippet(string Page, int Number, int Line, string Text)
{
    public static readonly string Root = Path.GetDirectoryName(Options.Pages.Path("../ButlerRpc.sln"))!;

    // What projects of web applications have anyway, and the one namespace of everyday names; a page shows every other using.
    static readonly string[] ImplicitUsings =
    [
        "System", "System.IO", "System.Linq", "System.Collections.Generic", "System.Net.Http", "System.Threading", "System.Threading.Tasks",
        "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection",
        "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
        "ButlerRpc",
    ];

    public static IEnumerable<Snippet> All => Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").Append(Path.Combine(Root, "README.md"))
        .Order(StringComparer.Ordinal)
        .Where(page => Path.GetFileName(page) != "generated-code.md") // is compared with what is generated, and that is compiled
        .SelectMany(Of);

    static IEnumerable<Snippet> Of(string path)
    {
        var page = File.ReadAllText(path).ReplaceLineEndings("\n");
        return Regex.Matches(page, "^```csharp\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline).Select((match, i) => new Snippet(
            Path.GetRelativePath(Root, path), i, 2 + page.AsSpan(0, match.Index).Count('\n'), match.Groups[1].Value));
    }

    string Name => $"Page_{Regex.Replace(Path.GetFileNameWithoutExtension(Page), "[^A-Za-z0-9]", "_")}";

    /// <summary>What is compiled. Blocks of a page lie in each other's namespaces and classes: a later one sees the earlier ones.</summary>
    public SyntaxTree ToTree(CSharpParseOptions options)
    {
        var root = (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(WithoutEllipses(Text), options).GetRoot();
        var parts = root.Members.ToLookup(KindOf);
        var scope = string.Concat(Enumerable.Range(0, Number + 1).Select(i => $".Block{i}"));
        var text = new StringBuilder()
            .AppendJoin("", ImplicitUsings.Select(u => $"using {u};\n"))
            .Append($"namespace ButlerRpc.Snippets.{Name}{scope}\n{{\n")
            .AppendJoin("", root.Usings.Select(u => $"{u.ToString()}\n"));
        Append(text, root, parts[PartKind.Type]);
        text.Append($"partial class Code : {(Number == 0 ? "Given" : $"ButlerRpc.Snippets.{Name}{scope[..scope.LastIndexOf('.')]}.Code")}\n{{\n");
        Append(text, root, parts[PartKind.Member]);
        text.Append("async Task RunAsync()\n{\n");
        Append(text, root, parts[PartKind.Statement]);
        text.Append("}\n}\n");
        if (parts[PartKind.Method].Any())
        {
            text.Append("[ButlerService] partial interface IService\n{\n");
            Append(text, root, parts[PartKind.Method]);
            text.Append("}\n");
        }

        return CSharpSyntaxTree.ParseText(text.Append("}\n").ToString(), options, $"{Name}{Number}.cs", Encoding.UTF8);
    }

    void Append(StringBuilder text, CompilationUnitSyntax root, IEnumerable<MemberDeclarationSyntax> parts)
    {
        foreach (var part in parts)
        {
            var line = Line + root.SyntaxTree.GetLineSpan(part.Span).StartLinePosition.Line;
            text.Append($"#line {line} \"{Page}\"\n{part.ToString()}\n#line default\n");
        }
    }

    // The pages write … for what does not matter: it stands for statements on a line of its own or in braces, else for an expression.
    static string WithoutEllipses(string text) =>
        Regex.Replace(text, "(?<=^ *|\\{ )…(?=$| \\})", "throw new NotImplementedException();", RegexOptions.Multiline).Replace("…", "throw new NotImplementedException()");

    static PartKind KindOf(MemberDeclarationSyntax member) => member switch
    {
        GlobalStatementSyntax { Statement: LocalFunctionStatementSyntax { Body: null, ExpressionBody: null } } => PartKind.Method,
        GlobalStatementSyntax { Statement: LocalFunctionStatementSyntax { Modifiers.Count: > 0 } or LocalDeclarationStatementSyntax { Modifiers.Count: > 0 } } => PartKind.Member,
        GlobalStatementSyntax => PartKind.Statement,
        BaseTypeDeclarationSyntax or DelegateDeclarationSyntax => PartKind.Type,
        MethodDeclarationSyntax { Body: null, ExpressionBody: null } => PartKind.Method,
        _ => PartKind.Member,
    };

    public override string ToString() => $"{Page}({Line})";

    enum PartKind
    {
        Type,

        /// <summary>Of a class.</summary>
        Member,

        /// <summary>Of a service.</summary>
        Method,
        Statement,
    }
}
