using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The types the generator knows, as symbols of one compilation. Compared by symbol, so that aliases and partial names play no role.</summary>
sealed class KnownSymbols(Compilation compilation)
{
    // Weak: a cache must not keep a compilation alive.
    static readonly ConditionalWeakTable<Compilation, KnownSymbols> Cache = new();

    readonly Dictionary<ISymbol, int> _formats = new(SymbolEqualityComparer.Default);
    IReadOnlyDictionary<ITypeSymbol, INamedTypeSymbol>? _assemblyCodecs;
    TypeTwins? _twins;

    // What only remembers what was read: two threads that ask first may each make one, and both are right.
    MessageModels? _messages;
    MessageCycles? _cycles;
    ClosedShapes? _closed;
    MessageFacts? _facts;
    UsedTypes? _types;

    public Compilation Compilation { get; } = compilation;

    public INamedTypeSymbol? ButlerMessage { get; } = compilation.GetTypeByMetadataName(KnownNames.ButlerMessage);

    public INamedTypeSymbol? ButlerField { get; } = compilation.GetTypeByMetadataName(KnownNames.ButlerField);

    public INamedTypeSymbol? ButlerIgnore { get; } = compilation.GetTypeByMetadataName(KnownNames.ButlerIgnore);

    public INamedTypeSymbol? ButlerReserved { get; } = compilation.GetTypeByMetadataName(KnownNames.ButlerReserved);

    public INamedTypeSymbol? ButlerUnion { get; } = compilation.GetTypeByMetadataName(KnownNames.ButlerUnion);

    public INamedTypeSymbol? ButlerMaxLength { get; } = compilation.GetTypeByMetadataName(KnownNames.ButlerMaxLength);

    public INamedTypeSymbol? ButlerMaxCount { get; } = compilation.GetTypeByMetadataName(KnownNames.ButlerMaxCount);

    public INamedTypeSymbol? IprotoBer { get; } = compilation.GetTypeByMetadataName(KnownNames.IprotoBer);

    public INamedTypeSymbol? UseCodec { get; } = compilation.GetTypeByMetadataName(KnownNames.UseCodec);

    public INamedTypeSymbol? ButlerService { get; } = compilation.GetTypeByMetadataName(KnownNames.ButlerService);

    public INamedTypeSymbol? ButlerMethod { get; } = compilation.GetTypeByMetadataName(KnownNames.ButlerMethod);

    public INamedTypeSymbol? ButlerAuthorize { get; } = compilation.GetTypeByMetadataName(KnownNames.ButlerAuthorize);

    public INamedTypeSymbol? Throws { get; } = compilation.GetTypeByMetadataName(KnownNames.Throws);

    public INamedTypeSymbol? RetryOptions { get; } = compilation.GetTypeByMetadataName(KnownNames.RetryOptions);

    public INamedTypeSymbol? CallContext { get; } = compilation.GetTypeByMetadataName(KnownNames.CallContext);

    public INamedTypeSymbol? IButlerMessage { get; } = compilation.GetTypeByMetadataName(KnownNames.IButlerMessage);

    public INamedTypeSymbol? IButlerContract { get; } = compilation.GetTypeByMetadataName(KnownNames.IButlerContract);

    public INamedTypeSymbol? CancellationToken { get; } = compilation.GetTypeByMetadataName(KnownNames.CancellationToken);

    public INamedTypeSymbol? Task { get; } = compilation.GetTypeByMetadataName(KnownNames.Task);

    public INamedTypeSymbol? TaskOfT { get; } = compilation.GetTypeByMetadataName(KnownNames.TaskOfT);

    public INamedTypeSymbol? ValueTask { get; } = compilation.GetTypeByMetadataName(KnownNames.ValueTask);

    public INamedTypeSymbol? ValueTaskOfT { get; } = compilation.GetTypeByMetadataName(KnownNames.ValueTaskOfT);

    public INamedTypeSymbol? AsyncDisposable { get; } = compilation.GetTypeByMetadataName(KnownNames.AsyncDisposable);

    public INamedTypeSymbol? AsyncEnumerable { get; } = compilation.GetTypeByMetadataName(KnownNames.AsyncEnumerable);

    /// <summary>Codecs that the whole assembly uses, by the type they carry.</summary>
    public IReadOnlyDictionary<ITypeSymbol, INamedTypeSymbol> AssemblyCodecs => LazyInitializer.EnsureInitialized(
        ref _assemblyCodecs, () => Parsing.AssemblyCodecs.In(Compilation, UseCodec))!;

    /// <summary>The types of members, parameters and results.</summary>
    public UsedTypes Types => _types ??= new UsedTypes(this);

    /// <summary>The data members of its types.</summary>
    public MessageMembers Members { get; } = new();

    /// <summary>The models of its messages.</summary>
    public MessageModels Messages => _messages ??= new MessageModels(this);

    /// <summary>Which messages can hold themselves.</summary>
    public MessageCycles Cycles => _cycles ??= new MessageCycles(this);

    /// <summary>Which messages are written without running user code.</summary>
    public ClosedShapes Closed => _closed ??= new ClosedShapes(this);

    /// <summary>The contract lines of its messages.</summary>
    public MessageFacts Facts => _facts ??= new MessageFacts(this);

    /// <summary>Which types of the assembly have names that differ by case only.</summary>
    public TypeTwins Twins => LazyInitializer.EnsureInitialized(ref _twins, () => new TypeTwins(Compilation.Assembly))!;

    /// <summary>The symbols of a compilation, looked up once however many messages and services it has.</summary>
    public static KnownSymbols Of(Compilation compilation) => Cache.GetValue(compilation, static c => new KnownSymbols(c));

    /// <summary>False when the project does not reference the runtime: then there is nothing to do.</summary>
    public bool IsRuntimePresent => ButlerMessage is not null && IButlerContract is not null;

    /// <summary>What generated code lacks in this project; null: nothing.</summary>
    public string? WhyNotGenerated { get; } =
        compilation is CSharpCompilation { LanguageVersion: < LanguageVersion.CSharp12 and var version } ? $"the project is compiled as C# {version.ToDisplayString()}; set <LangVersion>12</LangVersion> or later"
        : compilation.GetTypeByMetadataName("System.Runtime.CompilerServices.RuntimeFeature")?.GetMembers("VirtualStaticsInInterfaces").IsEmpty != false ? "the target framework has no static abstract members; target net8.0 or later"
        : null;

    public bool CanGenerate => IsRuntimePresent && WhyNotGenerated is null;

    /// <summary>The format of the codecs of a referenced assembly.</summary>
    public int CodecFormatOf(IAssemblySymbol assembly)
    {
        lock (_formats)
        {
            if (!_formats.TryGetValue(assembly, out var format))
                _formats.Add(assembly, format = CodecFormat.Of(assembly));
            return format;
        }
    }
}

static class SymbolExtensions
{
    /// <summary>Same type, type arguments and nullability aside.</summary>
    public static bool Is(this ITypeSymbol? type, INamedTypeSymbol? known) =>
        known is not null && SymbolEqualityComparer.Default.Equals(type?.OriginalDefinition, known);

    public static AttributeData? Find(this ISymbol symbol, INamedTypeSymbol? attribute) => symbol.GetAttributes().Find(attribute);

    public static AttributeData? Find(this ImmutableArray<AttributeData> attributes, INamedTypeSymbol? attribute)
    {
        foreach (var candidate in attributes)
        {
            if (candidate.AttributeClass.Is(attribute))
                return candidate;
        }

        return null;
    }

    public static bool Has(this ISymbol symbol, INamedTypeSymbol? attribute) => symbol.Find(attribute) is not null;

    /// <summary>The value of a named argument; <paramref name="fallback"/> when it is not given or does not compile.</summary>
    public static T Named<T>(this AttributeData? attribute, string name, T fallback)
    {
        if (attribute is not null)
        {
            foreach (var argument in attribute.NamedArguments)
            {
                if (argument.Key == name && argument.Value.Kind is not (TypedConstantKind.Array or TypedConstantKind.Error) && argument.Value.Value is T value)
                    return value;
            }
        }

        return fallback;
    }
}
