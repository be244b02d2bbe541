using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace ButlerRpc.CodeFixes;

/// <summary>Gives a service method a result that can be awaited once.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ResultFix))]
public sealed class ResultFix() : ButlerCodeFix(["BRPC1003", "BRPC1010"])
{
    private protected override Task RegisterAsync(Fix fix)
    {
        if (fix.Ancestor<MethodDeclarationSyntax>() is not { ReturnType: var type })
            return Task.CompletedTask;
        if (fix.Diagnostic.Id == "BRPC1003")
        {
            var isVoid = type is PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.VoidKeyword };
            fix.Replace("Wrap in Task", type, () => Type(isVoid ? "Task" : $"Task<{type.WithoutTrivia()}>", type), "Wrap");
        }
        else if (type is GenericNameSyntax { TypeArgumentList.Arguments: [var inner] } outer)
        {
            var oneWay = inner is not GenericNameSyntax { Identifier.ValueText: "Task" or "ValueTask" or "IAsyncEnumerable" } and not IdentifierNameSyntax { Identifier.ValueText: "Task" or "ValueTask" };
            if (outer.Identifier.ValueText == "IAsyncEnumerable" && inner is GenericNameSyntax { Identifier.ValueText: not "IAsyncEnumerable" } awaited)
                inner = outer.WithTypeArgumentList(awaited.TypeArgumentList).WithoutTrivia();
            fix.Replace(
                oneWay ? "Return no result" : $"Return {inner}", type,
                () => oneWay ? SyntaxFactory.IdentifierName(outer.Identifier).WithTriviaFrom(type) : inner.WithTriviaFrom(type), "Flatten");
        }

        return Task.CompletedTask;
    }

    static TypeSyntax Type(string name, TypeSyntax old) =>
        SyntaxFactory.ParseTypeName("global::System.Threading.Tasks." + name).WithTriviaFrom(old).WithAdditionalAnnotations(Simplifier.Annotation);
}
