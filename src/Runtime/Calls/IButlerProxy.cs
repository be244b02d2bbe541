using System.ComponentModel;

namespace ButlerRpc.Calls;

/// <summary>A generated proxy. Implemented by the compiler.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IButlerProxy
{
    /// <summary>What it calls through.</summary>
    CallInvoker Invoker { get; }
}
