using System.Composition;
using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Simplification;

namespace ButlerRpc.CodeFixes;

/// <summary>Awaits a call, or passes the handler's token on.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(CallFix))]
public sealed class CallFix() : ButlerCodeFix(["BRPC2003", "BRPC2005"])
{
    private protected override Task RegisterAsync(Fix fix)
    {
        if (fix.Ancestor<InvocationExpressionSyntax>() is not { } call)
            return Task.CompletedTask;
        if (fix.Diagnostic.Id == "BRPC2005" && fix.Property(FixProperties.Argument) is { } argument && fix.Property(FixProperties.Parameter) is { } parameter)
            fix.Replace($"Pass {argument} on", call, () => Pass(call, argument, parameter), "Pass");
        else if (fix.Diagnostic.Id == "BRPC2003" && call.FirstAncestorOrSelf<MethodDeclarationSyntax>() is { } method && !call.Ancestors().TakeWhile(a => a != method).Any(a => a is AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax))
            Await(fix, call, method);
        return Task.CompletedTask;
    }

    static InvocationExpressionSyntax Pass(InvocationExpressionSyntax call, string argument, string parameter)
    {
        var value = SyntaxFactory.ParseExpression(argument);
        var arguments = call.ArgumentList.Arguments;
        var empty = arguments.FirstOrDefault(a => a.NameColon?.Name.Identifier.ValueText == parameter) ?? arguments.LastOrDefault(IsEmpty);
        if (empty is not null)
            return call.WithArgumentList(call.ArgumentList.WithArguments(arguments.Replace(empty, empty.WithExpression(value))));
        var named = arguments.Any(a => a.NameColon is not null) ? SyntaxFactory.NameColon(parameter).WithTrailingTrivia(SyntaxFactory.Space) : null;
        var added = SyntaxFactory.Argument(named, default, value);
        return call.WithArgumentList(call.ArgumentList.WithArguments(SyntaxFactory.SeparatedList(
            arguments.Add(added), Enumerable.Repeat(SyntaxFactory.Token(SyntaxKind.CommaToken).WithTrailingTrivia(SyntaxFactory.Space), arguments.Count))));
    }

    static bool IsEmpty(ArgumentSyntax argument) =>
        argument.Expression.IsKind(SyntaxKind.DefaultLiteralExpression) || argument.Expression is DefaultExpressionSyntax || argument.Expression.ToString() is "CancellationToken.None";

    static void Await(Fix fix, InvocationExpressionSyntax call, MethodDeclarationSyntax method) => fix.Offer("Await the call", async token =>
    {
        var root = await fix.Document.GetSyntaxRootAsync(token).ConfigureAwait(false);
        var awaited = SyntaxFactory.AwaitExpression(call.WithoutTrivia()).NormalizeWhitespace().WithTriviaFrom(call);
        var changed = method.ReplaceNode(call, awaited);
        if (method.ReturnType is PredefinedTypeSyntax)
        {
            changed = changed.WithReturnType(
                SyntaxFactory.ParseTypeName("global::System.Threading.Tasks.Task").WithTriviaFrom(method.ReturnType).WithAdditionalAnnotations(Simplifier.Annotation));
        }

        var generator = SyntaxGenerator.GetGenerator(fix.Document);
        var async = generator.WithModifiers(changed, generator.GetModifiers(changed).WithAsync(true));
        return fix.Document.WithSyntaxRoot(root!.ReplaceNode(method, async)).Project.Solution;
    });
}
