namespace ButlerRpc;

/// <summary>The result of a method that has none; nil on the wire.</summary>
public readonly record struct Unit;
