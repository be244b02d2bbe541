using System.Globalization;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The contract lines of messages, enums and unions: one fact a line. Each type is read once per compilation.</summary>
sealed class MessageFacts(KnownSymbols known)
{
    readonly Dictionary<ISymbol, Facts> _facts = new(SymbolEqualityComparer.Default);

    /// <summary>Adds the lines of every type that values of these types may hold.</summary>
    public void Collect(IEnumerable<ITypeSymbol> types, ICollection<string> lines, CancellationToken cancellationToken)
    {
        var visited = new HashSet<ISymbol>(SymbolEqualityComparer.Default);
        foreach (var type in types)
            Visit(known.Types[type]);

        void Visit(UsedType used)
        {
            foreach (var part in used.Enums)
                Add(part);
            foreach (var part in used.Messages)
                Add(part);
        }

        void Add(INamedTypeSymbol part)
        {
            if (!visited.Add(part))
                return;
            var facts = Of(part, cancellationToken);
            foreach (var line in facts.Lines)
                lines.Add(line);
            foreach (var used in facts.Parts)
                Visit(used);
        }
    }

    Facts Of(INamedTypeSymbol type, CancellationToken cancellationToken)
    {
        lock (_facts)
        {
            if (_facts.TryGetValue(type, out var facts))
                return facts;
        }

        var read = Read(type, cancellationToken);
        lock (_facts)
            return _facts[type] = read;
    }

    Facts Read(INamedTypeSymbol type, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (type.TypeKind == TypeKind.Enum)
            return new Facts([$"enum {NameOf(type)} {ShapeNames.Of(new TypeClassifier(known, cancellationToken).Classify(type.EnumUnderlyingType!, out _))}"], []);
        var model = known.Messages.Of(type, cancellationToken);
        return model.IsUnion ? Union(type, model) : Message(type, model);
    }

    Facts Union(INamedTypeSymbol type, MessageModel model)
    {
        var name = NameOf(type);
        var lines = model.Cases.Select(c => $"union {name} case {Number(c.Tag)} {ShapeNames.Of(c.Wire)}").ToList();
        var cases = type.GetAttributes().Where(a => a.ConstructorArguments is [{ Value: int }, { Value: INamedTypeSymbol }]).Select(a => (ITypeSymbol)a.ConstructorArguments[1].Value!);
        return new Facts(lines, [.. cases.Select(c => known.Types[c])]);
    }

    Facts Message(INamedTypeSymbol type, MessageModel model)
    {
        var name = NameOf(type);
        var lines = new List<string> { $"message {name} {(model.IsMap ? "map" : "array")}" };
        if (model.Code > 0 && !type.IsGenericType)
            lines.Add($"message {name} code {Number(model.Code)}");
        foreach (var member in model.Members.Where(m => m.Wire is not null))
            lines.Add($"message {name} field {Number(member.Index)} {(model.IsMap ? member.Key : member.Name)} {ShapeNames.Of(member.Wire)}{(member.IsRequired ? " required" : "")}");
        lines.AddRange(ReservedIndexes.Of(type, known).Select(i => $"message {name} reserved {Number(i)}"));
        var names = new HashSet<string>(model.Members.Select(m => m.Name), StringComparer.Ordinal);
        return new Facts(lines, [.. known.Members.Of(type).Where(m => names.Contains(m.Name)).Select(m => known.Types[m.Type])]);
    }

    /// <summary>The name that the lines give to a type.</summary>
    public static string NameOf(INamedTypeSymbol type) => ShapeNames.OfType(type.ToFullyQualifiedBare());

    static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    sealed record Facts(IReadOnlyList<string> Lines, IReadOnlyList<UsedType> Parts);
}
