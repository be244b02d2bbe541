namespace ButlerRpc.Generator;

/// <summary>Names of the pipelines' steps, for the tests that assert what is cached.</summary>
static class TrackingNames
{
    public const string Messages = nameof(Messages);
    public const string Unions = nameof(Unions);
    public const string Services = nameof(Services);
    public const string Shapes = nameof(Shapes);
    public const string Format = nameof(Format);
}
