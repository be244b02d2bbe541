namespace ButlerRpc.Calls;

/// <summary>Handlers of codes that no service has, for framings that carry untyped packets.</summary>
abstract class RawHandlers
{
    /// <summary>The handler of a code; null: there is none.</summary>
    public abstract MethodHandler? Find(uint code);

    /// <summary>What takes the codes that have no handler; null: nothing does.</summary>
    public abstract MethodHandler? Unknown { get; }
}
