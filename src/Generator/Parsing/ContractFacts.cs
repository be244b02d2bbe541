using ButlerRpc.Contracts;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The contract of an assembly in lines, and where in the source each of its subjects stands.</summary>
sealed class ContractFacts
{
    /// <summary>The name of the file that records it.</summary>
    public const string FileName = "butler.contracts.txt";

    /// <summary>Its first lines.</summary>
    public static readonly string[] Heading = ["# The contract as peers know it, one fact a line: docs/versioning.md.", "# Recorded by: dotnet build -p:ButlerAcceptContracts=true"];

    ContractFacts(IReadOnlyList<string> lines, IReadOnlyDictionary<string, ISymbol> subjects)
    {
        Lines = lines;
        Subjects = subjects;
    }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary><c>message Shop.Order</c> to its symbol; those that come from other assemblies are missing.</summary>
    public IReadOnlyDictionary<string, ISymbol> Subjects { get; }

    public static ContractFacts Of(Compilation compilation, CancellationToken cancellationToken)
    {
        var known = KnownSymbols.Of(compilation);
        var lines = new SortedSet<string>(LineOrder.Instance);
        var subjects = new Dictionary<string, ISymbol>(StringComparer.Ordinal);
        foreach (var type in SourceTypes.In(compilation.Assembly))
        {
            if (MessageKinds.IsButlerMessage(type, known) && !MessageKinds.UsesTypeParameters(type, known))
            {
                known.Facts.Collect([type], lines, cancellationToken);
                subjects[$"{(MessageKinds.IsUnion(type, known) ? "union" : "message")} {MessageFacts.NameOf(type)}"] = type;
            }
            else if (type.TypeKind == TypeKind.Enum)
                subjects[$"enum {MessageFacts.NameOf(type)}"] = type;
            else if (type.TypeKind == TypeKind.Interface && type.Has(known.ButlerService) && ServiceShape.Check(type, known, report: null))
                Service(type, known, lines, subjects, cancellationToken);
        }

        return new ContractFacts([.. lines], subjects);
    }

    /// <summary>The text of the file that records the contract, with what was retired before and now.</summary>
    public IReadOnlyList<string> ToFile(IReadOnlyList<string> recorded)
    {
        var retired = new SortedSet<string>(recorded.Where(l => l.StartsWith(ContractSet.RetiredPrefix, StringComparison.Ordinal)), StringComparer.Ordinal);
        var present = ContractSet.Parse(Lines);
        foreach (var line in recorded)
        {
            if (line.Split(' ') is ["message", var name, "field", var index, ..] && int.TryParse(index, out var number) &&
                present.Messages.TryGetValue(name, out var message) && message.Reserved.Contains(number))
            {
                retired.Add(ContractSet.RetiredPrefix + line);
            }
        }

        return [.. Heading, .. Lines, .. retired];
    }

    static void Service(INamedTypeSymbol type, KnownSymbols known, ISet<string> lines, Dictionary<string, ISymbol> subjects, CancellationToken cancellationToken)
    {
        var methods = new ServiceParser(type, known, report: null, cancellationToken).ParseMethods();
        foreach (var (symbol, model) in methods)
        {
            var own = MethodLines.Own(model, methods).ToList();
            lines.UnionWith(own);
            var words = own[0].Split(' ');
            subjects[$"method {words[1]}"] = symbol;
            known.Facts.Collect(symbol.Parameters.Select(p => p.Type).Append(symbol.ReturnType), lines, cancellationToken);
        }
    }

    /// <summary>Kind and name first, numbers as numbers: so that a new member is one new line behind its neighbours.</summary>
    sealed class LineOrder : IComparer<string>
    {
        public static readonly LineOrder Instance = new();

        public int Compare(string? x, string? y)
        {
            var (left, right) = (x!.Split(' '), y!.Split(' '));
            for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
            {
                var order = i == 2 ? Rank(left[i]).CompareTo(Rank(right[i]))
                    : int.TryParse(left[i], out var a) && int.TryParse(right[i], out var b) ? a.CompareTo(b)
                    : 0;
                if (order == 0)
                    order = StringComparer.Ordinal.Compare(left[i], right[i]);
                if (order != 0)
                    return order;
            }

            return left.Length.CompareTo(right.Length);
        }

        static int Rank(string fact) => fact switch
        {
            "array" or "map" => 0,
            "code" => 1,
            "request" or "argument" or "field" or "case" => 2,
            "reserved" or "stream" => 3,
            "result" => 4,
            _ => 5,
        };
    }
}
