using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;

namespace ButlerRpc.CodeFixes;

/// <summary>Mends a method's parameter list: by value, the token last, a token at all.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ParameterFix))]
public sealed class ParameterFix() : ButlerCodeFix(["BRPC1006", "BRPC1008", "BRPC1009"])
{
    private protected override Task RegisterAsync(Fix fix)
    {
        switch (fix.Diagnostic.Id)
        {
            case "BRPC1006" when fix.Ancestor<ParameterSyntax>() is { } parameter:
                fix.Replace("Pass by value", parameter, () => parameter.WithModifiers([]).WithTriviaFrom(parameter));
                break;
            case "BRPC1008" when fix.Ancestor<ParameterSyntax>() is { Parent: ParameterListSyntax list } parameter:
                fix.Replace("Move to the end", list, () => list.WithParameters(Last(list, parameter)).WithAdditionalAnnotations(Formatter.Annotation));
                break;
            case "BRPC1009" when fix.Ancestor<MethodDeclarationSyntax>() is { } method:
                fix.Replace("Add a CancellationToken", method.ParameterList, () => method.ParameterList.AddParameters(Token()).WithAdditionalAnnotations(Formatter.Annotation));
                break;
        }

        return Task.CompletedTask;
    }

    static SeparatedSyntaxList<ParameterSyntax> Last(ParameterListSyntax list, ParameterSyntax moved)
    {
        var types = list.Parameters.Where(p => p != moved).Select(p => p.WithoutTrivia()).ToList();

        // A second one of its kind has nowhere to go.
        if (types.LastOrDefault()?.Type?.ToString().Split('.').Last() is not ("CancellationToken" or "CallContext"))
            types.Add(moved.WithoutTrivia());
        return SyntaxFactory.SeparatedList(types, Enumerable.Repeat(SyntaxFactory.Token(SyntaxKind.CommaToken).WithTrailingTrivia(SyntaxFactory.Space), types.Count - 1));
    }

    static ParameterSyntax Token() => SyntaxFactory.Parameter(SyntaxFactory.Identifier("cancellationToken"))
        .WithType(SyntaxFactory.ParseTypeName("global::System.Threading.CancellationToken").WithTrailingTrivia(SyntaxFactory.Space).WithAdditionalAnnotations(Simplifier.Annotation))
        .WithDefault(SyntaxFactory.EqualsValueClause(SyntaxFactory.LiteralExpression(SyntaxKind.DefaultLiteralExpression)));
}
