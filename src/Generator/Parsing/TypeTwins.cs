using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Types of an assembly whose names differ by case only: the compiler wants names of generated files to differ by more.</summary>
sealed class TypeTwins
{
    readonly HashSet<string> _twins = new(StringComparer.OrdinalIgnoreCase);

    public TypeTwins(IAssemblySymbol assembly)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var type in SourceTypes.In(assembly))
        {
            var name = ScalarTypes.MetadataNameOf(type);
            if (!names.Add(name))
                _twins.Add(name);
        }
    }

    public bool Has(INamedTypeSymbol type) => _twins.Count > 0 && _twins.Contains(ScalarTypes.MetadataNameOf(type));
}
