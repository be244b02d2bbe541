using System.Collections.Immutable;
using System.Globalization;
using ButlerRpc.Generator.Model;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Reports methods of this assembly that share a code: no server could tell them apart.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class MethodCodeAnalyzer : ContractAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Descriptors.MethodCodeTaken];

    private protected override void Begin(CompilationStartAnalysisContext start, KnownSymbols known)
    {
        // Made once, and only when a service is there; a rule at the end of the compilation would not show while the user types.
        var clashes = new Lazy<ILookup<ISymbol?, Clash>>(
            () => FindClashes(start.Compilation, known, start.CancellationToken).ToLookup(c => (ISymbol?)c.Later.Contract, SymbolEqualityComparer.Default));
        start.RegisterSymbolAction(
            symbol =>
            {
                if (symbol.Symbol is not INamedTypeSymbol { TypeKind: TypeKind.Interface } service || !service.Has(known.ButlerService))
                    return;
                foreach (var clash in clashes.Value[service])
                    symbol.ReportDiagnostic(clash.ToDiagnostic());
            },
            SymbolKind.NamedType);
    }

    static IEnumerable<Clash> FindClashes(Compilation compilation, KnownSymbols known, CancellationToken cancellationToken)
    {
        var first = new Dictionary<uint, Bound>();
        var clashes = new List<(Bound Earlier, Bound Later)>();
        foreach (var service in SourceTypes.In(compilation.Assembly).Where(t => t.TypeKind == TypeKind.Interface && t.Has(known.ButlerService)).OrderBy(t => t.ToDisplayName(), StringComparer.Ordinal))
        {
            foreach (var (symbol, model) in new ServiceParser(service, known, report: null, cancellationToken).ParseMethods().OrderBy(m => m.Symbol, SourceOrder.Instance))
            {
                var bound = new Bound(service, symbol, model);
                if (!first.TryGetValue(model.Code, out var earlier))
                    first.Add(model.Code, bound);
                else if (!bound.IsSameAs(earlier))
                    clashes.Add((earlier, bound));
            }
        }

        if (clashes.Count == 0)
            return [];
        var taken = new HashSet<uint>(first.Keys.Concat(MessageCodes.In(compilation.Assembly, known).Select(m => (uint)m.Code)));
        return clashes.Select(c => new Clash(c.Earlier, c.Later, MessageCodes.Free(taken)));
    }

    sealed record Bound(INamedTypeSymbol Contract, IMethodSymbol Symbol, MethodModel Model)
    {
        // A method with a code of its own is the same method through each service that inherits it.
        public bool IsSameAs(Bound other) => SymbolEqualityComparer.Default.Equals(Symbol, other.Symbol) && Model.Service == other.Model.Service;

        public string FullName => $"{Model.Service}.{Model.Name}";

        // With the interface that declares it: a service can inherit one method from two.
        public string Signature => Symbol.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);
    }

    sealed record Clash(Bound Earlier, Bound Later, int FreeCode)
    {
        bool AreOverloads => Earlier.FullName == Later.FullName;

        public Diagnostic ToDiagnostic()
        {
            var code = Later.Model.Code;
            return Diagnostic.Create(
                Descriptors.MethodCodeTaken,
                LocationOf(Later),
                [LocationOf(Earlier)],
                ImmutableDictionary<string, string?>.Empty.Add(FixProperties.FreeCode, FreeCode.ToString(CultureInfo.InvariantCulture)),
                code > int.MaxValue ? "0x" + code.ToString("X8", CultureInfo.InvariantCulture) : code.ToString(CultureInfo.InvariantCulture),
                AreOverloads ? Earlier.Signature : Earlier.FullName,
                AreOverloads ? Later.Signature : Later.FullName);
        }

        static Location LocationOf(Bound method) => method.Symbol.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() is MethodDeclarationSyntax syntax
            ? syntax.Identifier.GetLocation()
            : method.Contract.Locations[0];
    }
}
