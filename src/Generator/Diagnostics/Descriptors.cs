using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Diagnostics;

/// <summary>
/// Every rule: 0xxx messages, 1xxx services, 2xxx call sites, 3xxx evolution, 9xxx environment. One fault, one ID; an ID is never used again. Each has a page
/// under docs/diagnostics.
/// </summary>
static partial class Descriptors
{
    internal const string Messages = "ButlerRpc.Messages";
    internal const string Services = "ButlerRpc.Services";
    const string Environment = "ButlerRpc.Environment";

    /// <summary>Every rule.</summary>
    public static IEnumerable<DiagnosticDescriptor> All => typeof(Descriptors).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => f.GetValue(null)).OfType<DiagnosticDescriptor>();

    /// <summary>The rules of one category.</summary>
    public static ImmutableArray<DiagnosticDescriptor> InCategory(string category) => [.. All.Where(d => d.Category == category)];

    static string Help(string id) => $"https://github.com/butlerrpc/butlerrpc/blob/main/docs/diagnostics/{id}.md";
}
