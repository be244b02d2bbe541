namespace System;

// List patterns and x[^1] need it; netstandard2.0 lacks it.
readonly struct Index(int value, bool fromEnd = false)
{
    public int GetOffset(int length) => fromEnd ? length - value : value;

    public static implicit operator Index(int value) => new(value);
}
