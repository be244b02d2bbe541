using System.Composition;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ButlerRpc.CodeFixes;

/// <summary>Gives a member of a message an index, leaves it out, or makes it settable.</summary>
[Shared]
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MemberFix))]
public sealed class MemberFix() : ButlerCodeFix(["BRPC0006", "BRPC0007", "BRPC0010", "BRPC0011", "BRPC0018"], batch: false)
{
    private protected override async Task RegisterAsync(Fix fix)
    {
        if (MemberTypes.MemberAround(fix.Node) is not { } member)
            return;
        if (fix.Diagnostic.Id is "BRPC0010" or "BRPC0011")
        {
            Ignore(fix, member);
            return;
        }

        if (fix.Diagnostic.Id == "BRPC0018")
        {
            if (member is PropertyDeclarationSyntax { AccessorList: { } accessors } property)
                fix.Replace("Add init", property, () => property.WithAccessorList(WithInit(accessors)));
            return;
        }

        if (member.FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } declaration || await fix.SymbolAsync(declaration).ConfigureAwait(false) is not INamedTypeSymbol type)
            return;
        var index = NextIndex(type).ToString(CultureInfo.InvariantCulture);
        var lists = member switch
        {
            MemberDeclarationSyntax m => m.AttributeLists,
            ParameterSyntax p => p.AttributeLists,
            _ => default,
        };
        if (AttributeEdits.Find(lists, "ButlerField") is { } attribute)
            fix.Replace($"Take index {index}", attribute, () => attribute.WithArgumentList(SyntaxFactory.ParseAttributeArgumentList($"({index})")), "Index");
        else
            fix.Replace($"Add [ButlerField({index})]", member, () => AttributeEdits.Add(member, AttributeEdits.Make("ButlerField", index)), "Index");
        if (fix.Diagnostic.Id == "BRPC0006")
            Ignore(fix, member);
    }

    // A positional member can stay out only where the codec need not know what to pass for it; the parameters of methods cannot.
    static void Ignore(Fix fix, SyntaxNode member)
    {
        if (member is MemberDeclarationSyntax)
            fix.Replace("Add [ButlerIgnore]", member, () => AttributeEdits.Add(member, AttributeEdits.Make("ButlerIgnore")), "Ignore");
        else if (member is ParameterSyntax { Default: not null, Parent.Parent: RecordDeclarationSyntax })
            fix.Replace("Add [property: ButlerIgnore]", member, () => AttributeEdits.Add(member, AttributeEdits.Make("ButlerIgnore").WithTarget(AttributeEdits.PropertyTarget)), "Ignore");
    }

    static AccessorListSyntax WithInit(AccessorListSyntax accessors) => accessors.AddAccessors(
        SyntaxFactory.AccessorDeclaration(SyntaxKind.InitAccessorDeclaration).WithSemicolonToken(SyntaxFactory.Token(SyntaxKind.SemicolonToken)).WithTrailingTrivia(SyntaxFactory.Space));

    // Behind every index of the message and its base types; a positional member of a record has its position.
    static int NextIndex(INamedTypeSymbol type)
    {
        var next = 0;
        for (var t = type; t is not null; t = t.BaseType)
        {
            foreach (var symbol in t.GetMembers().Concat(t.InstanceConstructors.SelectMany(c => c.Parameters)))
            {
                foreach (var attribute in symbol.GetAttributes().Where(a => a.AttributeClass?.Name == "ButlerFieldAttribute"))
                {
                    if (attribute.ConstructorArguments is [{ Value: int index }])
                        next = Math.Max(next, index + 1);
                }
            }

            if (t.IsRecord && t.InstanceConstructors.FirstOrDefault(c => c.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() is TypeDeclarationSyntax) is { } primary)
                next = Math.Max(next, primary.Parameters.Length);
            foreach (var attribute in t.GetAttributes().Where(a => a.AttributeClass?.Name == "ButlerReservedAttribute"))
            {
                if (attribute.ConstructorArguments is [{ Kind: TypedConstantKind.Array, Values: var reserved }])
                    next = Math.Max(next, reserved.Select(v => v.Value).OfType<int>().DefaultIfEmpty(-1).Max() + 1);
            }
        }

        return next;
    }
}
