namespace ButlerRpc.Generator.Diagnostics;

/// <summary>What analyzers tell the code fixes.</summary>
static class FixProperties
{
    public const string FreeCode = nameof(FreeCode);
    public const string Argument = nameof(Argument);
    public const string Parameter = nameof(Parameter);
    public const string Subject = nameof(Subject);
    public const string Number = nameof(Number);
    public const string File = nameof(File);
    public const string Type = nameof(Type);
}
