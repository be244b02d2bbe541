namespace ButlerRpc.Contracts;

/// <summary>How a contract has moved since it was recorded.</summary>
enum ContractChange
{
    /// <summary>Something new that peers built before pass over.</summary>
    Added,

    /// <summary>A difference that works both ways, such as a wider integer.</summary>
    Widened,

    /// <summary>A member that could be nil was retired: peers built before read nil.</summary>
    Retired,

    /// <summary>The code of a message or method is another one.</summary>
    CodeChanged,

    /// <summary>A type or layout changed so that one side cannot read the other.</summary>
    TypeChanged,

    /// <summary>Something peers built before still use is gone.</summary>
    Removed,

    /// <summary>An index or a code that was retired is used again.</summary>
    Reused,

    /// <summary>Members of an array have moved: an index has a member that stood, or stands, at another one.</summary>
    Moved,

    /// <summary>A new member must be there, and peers built before do not send it.</summary>
    RequiredAdded,
}

/// <summary>One difference between the recorded contract and the present one.</summary>
/// <param name="Change">What happened.</param>
/// <param name="Subject">The beginning of the lines it concerns: <c>message Shop.Order</c>, <c>method Shop.IOrders.PlaceAsync</c>.</param>
/// <param name="Member">The name of the member, argument or case it concerns, null: the whole.</param>
/// <param name="Text">What happened and what it means for peers built before.</param>
sealed record ContractDifference(ContractChange Change, string Subject, string? Member, string Text)
{
    /// <summary>The recorded code to go back to, or the index to reserve; null: neither would mend it.</summary>
    public uint? Number { get; init; }

    /// <summary>The recorded type that is another one now; null: the difference is no such.</summary>
    public string? RecordedType { get; init; }

    public bool IsBreaking => Change >= ContractChange.CodeChanged;
}
