using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.CodeFixes;

/// <summary>A fix for a rule: one or more actions on the node that was marked.</summary>
/// <param name="rules">The rules it mends.</param>
/// <param name="batch">True when all occurrences may be mended at once: each change stands for itself.</param>
public abstract class ButlerCodeFix(string[] rules, bool batch = true) : CodeFixProvider
{
    /// <inheritdoc/>
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; } = [.. rules];

    /// <inheritdoc/>
    public sealed override FixAllProvider? GetFixAllProvider() => batch ? WellKnownFixAllProviders.BatchFixer : null;

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        if (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false) is not { } root)
            return;
        foreach (var diagnostic in context.Diagnostics)
        {
            var fix = new Fix(context, diagnostic, root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true));
            await RegisterAsync(fix).ConfigureAwait(false);
        }
    }

    /// <summary>Offers the actions for one diagnostic.</summary>
    private protected abstract Task RegisterAsync(Fix fix);
}

/// <summary>One diagnostic to be mended.</summary>
sealed class Fix(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
{
    public Document Document => context.Document;

    public Diagnostic Diagnostic => diagnostic;

    /// <summary>The innermost node of the marked span.</summary>
    public SyntaxNode Node => node;

    public CancellationToken CancellationToken => context.CancellationToken;

    /// <summary>What the analyzer found out for the fix.</summary>
    public string? Property(string name) => diagnostic.Properties.TryGetValue(name, out var value) ? value : null;

    public T? Ancestor<T>()
        where T : SyntaxNode => node.FirstAncestorOrSelf<T>();

    /// <summary>The type that is marked: of a type's name itself, of a member its type.</summary>
    public ITypeSymbol? TypeAt(SemanticModel model) => node.AncestorsAndSelf().FirstOrDefault(n => n is TypeSyntax or PropertyDeclarationSyntax or ParameterSyntax or VariableDeclaratorSyntax) switch
    {
        TypeSyntax type => model.GetTypeInfo(type, CancellationToken).Type,
        { } declaration => model.GetDeclaredSymbol(declaration, CancellationToken) switch
        {
            IPropertySymbol property => property.Type,
            IParameterSymbol parameter => parameter.Type,
            IFieldSymbol field => field.Type,
            _ => null,
        },
        null => null,
    };

    /// <summary>Offers to change a type's declaration, wherever it stands; it is made partial.</summary>
    public void OfferAt(string title, SyntaxReference reference, Func<TypeDeclarationSyntax, SyntaxNode> change, string? key = null) => Offer(
        title,
        async token =>
        {
            var declaration = (TypeDeclarationSyntax)await reference.GetSyntaxAsync(token).ConfigureAwait(false);
            var partial = declaration.Modifiers.Any(SyntaxKind.PartialKeyword) ? declaration : AddPartialFix.MakePartial(declaration);
            var root = await declaration.SyntaxTree.GetRootAsync(token).ConfigureAwait(false);
            return Document.Project.Solution.GetDocument(declaration.SyntaxTree)!.WithSyntaxRoot(root.ReplaceNode(declaration, change(partial))).Project.Solution;
        },
        key);

    public async Task<ISymbol?> SymbolAsync(SyntaxNode declaration)
    {
        var model = await Document.GetSemanticModelAsync(CancellationToken).ConfigureAwait(false);
        return model?.GetDeclaredSymbol(declaration, CancellationToken);
    }

    /// <summary>Offers to replace a node of the marked file.</summary>
    public void Replace(string title, SyntaxNode old, Func<SyntaxNode> replacement, string? key = null) => Offer(
        title,
        async token =>
        {
            var root = await Document.GetSyntaxRootAsync(token).ConfigureAwait(false);
            return Document.WithSyntaxRoot(root!.ReplaceNode(old, replacement())).Project.Solution;
        },
        key);

    /// <summary>Offers a change of the solution.</summary>
    public void Offer(string title, Func<CancellationToken, Task<Solution>> change, string? key = null) =>
        context.RegisterCodeFix(CodeAction.Create(title, change, $"{diagnostic.Id}.{key ?? title}"), diagnostic);
}
