namespace ButlerRpc.Generator.Model;

/// <summary>A type that is declared partial and extended by generated code: all that is needed to reopen its declaration.</summary>
sealed record TypeName
{
    /// <summary>Its namespace, identifiers escaped; empty for the global one.</summary>
    public required string Namespace { get; init; }

    /// <summary>The types around it, outermost first.</summary>
    public required EquatableArray<ContainingType> Containers { get; init; }

    /// <summary>Its own declaration.</summary>
    public required ContainingType Self { get; init; }

    /// <summary><c>global::Shop.Outer&lt;T&gt;.Order</c>.</summary>
    public required string FullyQualified { get; init; }

    /// <summary>
    /// As people write it and as the wire's contract check names it: <c>Shop.Outer.Order</c>; nothing is escaped and type parameters show as <c>&lt;T&gt;</c>.
    /// </summary>
    public required string DisplayName { get; init; }

    /// <summary>A unique name for files: <c>Shop.Outer.Order</c>, with <c>`1</c> where there are type parameters.</summary>
    public required string FileName { get; init; }

    /// <summary>Another type's name differs by case only, so that their files need telling apart.</summary>
    public required bool HasTwin { get; init; }

    /// <summary>Everybody who references the assembly may use it.</summary>
    public required bool IsPublic { get; init; }
}

/// <summary>One declaration to be reopened.</summary>
/// <param name="Keyword"><c>class</c>, <c>struct</c>, <c>record</c>, <c>record struct</c> or <c>interface</c>.</param>
/// <param name="Identifier">Its escaped identifier, without type parameters.</param>
/// <param name="TypeParameters"><c>&lt;T&gt;</c>, or empty.</param>
readonly record struct ContainingType(string Keyword, string Identifier, string TypeParameters);
