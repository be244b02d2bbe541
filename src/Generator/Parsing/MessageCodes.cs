using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>The codes of messages.</summary>
static class MessageCodes
{
    /// <summary>The messages of an assembly that have a code in range.</summary>
    public static IEnumerable<(INamedTypeSymbol Type, int Code)> In(IAssemblySymbol assembly, KnownSymbols known) => SourceTypes.In(assembly)
        .Select(t => (t, t.Find(known.ButlerMessage).Named("Code", 0)))
        .Where(m => m.Item2 > 0);

    /// <summary>The smallest code that is not taken.</summary>
    public static int Free(ISet<uint> taken)
    {
        var code = 1;
        while (taken.Contains((uint)code))
            code++;
        return code;
    }
}
