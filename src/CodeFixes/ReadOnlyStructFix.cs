using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Formatting;

namespace ButlerRpc.CodeFixes;

/// <summary>Makes a struct read-only: its members are set when it is made and never again.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ReadOnlyStructFix))]
public sealed class ReadOnlyStructFix() : ButlerCodeFix(["BRPC0020"])
{
    private protected override Task RegisterAsync(Fix fix)
    {
        if (fix.Ancestor<TypeDeclarationSyntax>() is { } type)
            fix.Replace("Make readonly", type, () => ReadOnly(type, SyntaxGenerator.GetGenerator(fix.Document)));
        return Task.CompletedTask;
    }

    static SyntaxNode ReadOnly(TypeDeclarationSyntax type, SyntaxGenerator generator)
    {
        var changing = type.Members.Where(m => m is PropertyDeclarationSyntax { AccessorList: not null } or FieldDeclarationSyntax { Declaration.Variables.Count: 1 } && !IsStatic(m));
        var changed = type.ReplaceNodes(changing, (_, member) => member is FieldDeclarationSyntax field ? ToProperty(field) : WithInit((PropertyDeclarationSyntax)member));
        return generator.WithModifiers(changed, generator.GetModifiers(changed).WithIsReadOnly(true));
    }

    static bool IsStatic(MemberDeclarationSyntax member) => member.Modifiers.Any(m => m.IsKind(SyntaxKind.StaticKeyword) || m.IsKind(SyntaxKind.ConstKeyword));

    static PropertyDeclarationSyntax WithInit(PropertyDeclarationSyntax property)
    {
        var setters = property.AccessorList!.Accessors.Where(a => a.IsKind(SyntaxKind.SetAccessorDeclaration));
        return property.ReplaceNodes(setters, (_, set) => SyntaxFactory.AccessorDeclaration(
            SyntaxKind.InitAccessorDeclaration, set.AttributeLists, set.Modifiers, SyntaxFactory.Token(SyntaxKind.InitKeyword).WithTriviaFrom(set.Keyword), set.Body, set.ExpressionBody, set.SemicolonToken));
    }

    // A field that is read-only could not be set by the codec.
    static MemberDeclarationSyntax ToProperty(FieldDeclarationSyntax field)
    {
        var variable = field.Declaration.Variables[0];
        var initializer = variable.Initializer is null ? "" : $" {variable.Initializer};";
        var modifiers = field.Modifiers.Where(m => !m.IsKind(SyntaxKind.ReadOnlyKeyword));
        var property = (PropertyDeclarationSyntax)SyntaxFactory.ParseMemberDeclaration($"{string.Concat(modifiers.Select(m => m.ToString() + " "))}{field.Declaration.Type.WithoutTrivia()} {variable.Identifier} {{ get; init; }}{initializer}")!;
        return property.WithAttributeLists(field.AttributeLists).WithTriviaFrom(field).WithAdditionalAnnotations(Formatter.Annotation);
    }
}
