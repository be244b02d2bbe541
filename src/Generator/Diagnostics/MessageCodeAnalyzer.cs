using System.Collections.Immutable;
using System.Globalization;
using ButlerRpc.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>Reports codes of messages that are missing, out of range, reserved or taken, referenced assemblies included.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class MessageCodeAnalyzer : ContractAnalyzer
{
    const int FirstControl = 0xFF00;
    const int LastControl = 0xFFFF;

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
        [Descriptors.MessageCodeTaken, Descriptors.MessageCodeOutOfRange, Descriptors.MessageCodeReserved];

    private protected override void Begin(CompilationStartAnalysisContext start, KnownSymbols known)
    {
        var codes = new Lazy<Dictionary<int, INamedTypeSymbol>>(() => Owners(start.Compilation, known));
        start.RegisterSymbolAction(
            symbol =>
            {
                var type = (INamedTypeSymbol)symbol.Symbol;
                if (type.Find(known.ButlerMessage) is { } attribute)
                    Check(symbol, type, attribute, codes);
            },
            SymbolKind.NamedType);
    }

    static void Check(SymbolAnalysisContext context, INamedTypeSymbol type, AttributeData attribute, Lazy<Dictionary<int, INamedTypeSymbol>> codes)
    {
        var isGiven = attribute.NamedArguments.Any(a => a.Key == "Code" && a.Value.Kind != TypedConstantKind.Error);
        var code = attribute.Named("Code", 0);
        var hasIproto = attribute.Named("Formats", 0) != 0;
        if (!isGiven)
            return; // data that travels inside other messages, in any form
        if (code <= 0)
            Report(Descriptors.MessageCodeOutOfRange, type.Name);
        else if (hasIproto && code is >= FirstControl and <= LastControl)
            Report(Descriptors.MessageCodeReserved, "0x" + code.ToString("X", CultureInfo.InvariantCulture), type.Name);
        else if (codes.Value.TryGetValue(code, out var owner) && !SymbolEqualityComparer.Default.Equals(owner, type))
            Report(Descriptors.MessageCodeTaken, code.ToString(CultureInfo.InvariantCulture), type.Name, owner.ToDisplayName());

        void Report(DiagnosticDescriptor rule, params object[] arguments)
        {
            var free = MessageCodes.Free(new HashSet<uint>(codes.Value.Keys.Select(k => (uint)k)));
            context.ReportDiagnostic(Diagnostic.Create(
                rule, attribute.PlaceOf("Code") ?? type.Locations[0], ImmutableDictionary<string, string?>.Empty.Add(FixProperties.FreeCode, free.ToString(CultureInfo.InvariantCulture)), arguments));
        }
    }

    // Who declares it first has it: referenced assemblies before this one, then the order of the source.
    static Dictionary<int, INamedTypeSymbol> Owners(Compilation compilation, KnownSymbols known)
    {
        var owners = new Dictionary<int, INamedTypeSymbol>();
        var runtime = known.ButlerMessage!.ContainingAssembly;
        foreach (var assembly in compilation.SourceModule.ReferencedAssemblySymbols.Where(a => a.Modules.Any(m => m.ReferencedAssemblies.Contains(runtime.Identity))).OrderBy(a => a.Name, StringComparer.Ordinal))
            Add(MessageCodes.In(assembly, known).OrderBy(m => m.Type.ToDisplayName(), StringComparer.Ordinal));
        Add(MessageCodes.In(compilation.Assembly, known).OrderBy(m => m.Type, SourceOrder.Instance));
        return owners;

        void Add(IEnumerable<(INamedTypeSymbol Type, int Code)> messages)
        {
            foreach (var (type, code) in messages)
            {
                if (!owners.ContainsKey(code))
                    owners.Add(code, type);
            }
        }
    }
}
