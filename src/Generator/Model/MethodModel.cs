namespace ButlerRpc.Generator.Model;

/// <summary>One operation of a service.</summary>
sealed record MethodModel
{
    /// <summary>As it is declared; not escaped.</summary>
    public required string Name { get; init; }

    /// <summary>The name of its descriptor and the stem of its generated types; differs from <see cref="Name"/> for overloads.</summary>
    public required string Identifier { get; init; }

    /// <summary>The interface that declares it, fully qualified.</summary>
    public required string DeclaringType { get; init; }

    /// <summary>The service it belongs to on the wire: the one being called, or the one that declares it when its code does not depend on that.</summary>
    public required string Service { get; init; }

    public required uint Code { get; init; }

    public required MethodShape Shape { get; init; }

    public required ReturnKind Return { get; init; }

    /// <summary>The declared return type, fully qualified.</summary>
    public required string ReturnType { get; init; }

    /// <summary>The result, or the item of the result stream; null: none.</summary>
    public required ValueModel? Result { get; init; }

    public required EquatableArray<ParameterModel> Parameters { get; init; }

    public required MethodOptions Options { get; init; }

    /// <summary>The typed failures it may end with.</summary>
    public required EquatableArray<ValueModel> Faults { get; init; }

    /// <summary>The parameters that are not streams, in the order of the wire.</summary>
    public IEnumerable<ParameterModel> Values => Parameters.Where(p => p.Kind == ParameterKind.Value);

    public IEnumerable<ParameterModel> Streams => Parameters.Where(p => p.Kind == ParameterKind.Stream);

    /// <summary>The one parameter that is the request itself; null: the request is an array of the arguments.</summary>
    public ParameterModel? BareMessage => Values.Take(2).ToList() is [{ Value.IsMessage: true } only] ? only : null;
}

/// <summary>What <c>[ButlerMethod]</c> and its companions say, as the runtime needs it.</summary>
sealed record MethodOptions
{
    public bool Idempotent { get; init; }

    public bool Inline { get; init; }

    public bool Ordered { get; init; }

    public int MaxInFlight { get; init; }

    public int TimeoutMilliseconds { get; init; }

    public int ItemTimeoutMilliseconds { get; init; }

    /// <summary>The name of a StreamOverflow; null: its default.</summary>
    public string? Overflow { get; init; }

    /// <summary>The member of the item that is its key; null: none.</summary>
    public string? Key { get; init; }

    public string? Policy { get; init; }
}

enum ParameterKind
{
    Value,
    Stream,
    CancellationToken,
    CallContext,
}

/// <summary>One parameter.</summary>
sealed record ParameterModel
{
    /// <summary>Its name, not escaped.</summary>
    public required string Name { get; init; }

    /// <summary>Its declared type, fully qualified.</summary>
    public required string Type { get; init; }

    public required ParameterKind Kind { get; init; }

    /// <summary>The value, or the item of the stream; null for the token and the context.</summary>
    public required ValueModel? Value { get; init; }

    /// <summary>The most chars or bytes; -1: no limit.</summary>
    public int MaxLength { get; init; } = -1;

    /// <summary>The most elements; -1: no limit.</summary>
    public int MaxCount { get; init; } = -1;

    /// <summary>What stands for it when an older caller does not send it, as an expression; null: it has no default.</summary>
    public required string? Default { get; init; }

    /// <summary>A value as one of several in the array of a request.</summary>
    public Emitting.ArgumentField ToArgument() => new(Name, Value!.Wire, Default) { MaxLength = MaxLength, MaxCount = MaxCount };
}

/// <summary>Something that travels: an argument, a result, an item, a fault.</summary>
sealed record ValueModel
{
    public required WireType Wire { get; init; }

    /// <summary>It is a message itself and never null: its own codec carries it.</summary>
    public required bool IsMessage { get; init; }

    /// <summary>The code of the message; 0: none.</summary>
    public required int Code { get; init; }

    /// <summary>Its type, fully qualified, with its nullability.</summary>
    public string Type => Wire.Type;
}
