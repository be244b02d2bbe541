using ButlerRpc.Generator.Diagnostics;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>Why a type cannot travel.</summary>
/// <param name="Rule">The rule it breaks.</param>
/// <param name="Culprit">The type at fault; it may be an argument of the type that was asked for.</param>
/// <param name="Hint">What more there is to say: empty, or a clause that begins with a colon or semicolon.</param>
readonly record struct TypeFault(DiagnosticDescriptor Rule, ITypeSymbol Culprit, string Hint)
{
    /// <summary>The fault as a diagnostic about <paramref name="member"/>.</summary>
    public Diagnostic At(Location? location, string member) => Diagnostic.Create(Rule, location, member, Culprit.ToMinimal(), Hint);
}
