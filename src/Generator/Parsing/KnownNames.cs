namespace ButlerRpc.Generator.Parsing;

/// <summary>Metadata names of the types the generator looks for.</summary>
static class KnownNames
{
    public const string ButlerMessage = "ButlerRpc.ButlerMessageAttribute";
    public const string ButlerField = "ButlerRpc.ButlerFieldAttribute";
    public const string ButlerIgnore = "ButlerRpc.ButlerIgnoreAttribute";
    public const string ButlerReserved = "ButlerRpc.ButlerReservedAttribute";
    public const string ButlerUnion = "ButlerRpc.ButlerUnionAttribute";
    public const string ButlerMaxLength = "ButlerRpc.ButlerMaxLengthAttribute";
    public const string ButlerMaxCount = "ButlerRpc.ButlerMaxCountAttribute";
    public const string IprotoBer = "ButlerRpc.IprotoBerAttribute";
    public const string UseCodec = "ButlerRpc.UseCodecAttribute";
    public const string ButlerService = "ButlerRpc.ButlerServiceAttribute";
    public const string ButlerMethod = "ButlerRpc.ButlerMethodAttribute";
    public const string ButlerAuthorize = "ButlerRpc.ButlerAuthorizeAttribute";
    public const string Throws = "ButlerRpc.ThrowsAttribute`1";
    public const string RetryOptions = "ButlerRpc.ButlerRetryOptions";
    public const string CallContext = "ButlerRpc.CallContext";
    public const string IButlerMessage = "ButlerRpc.Codec.IButlerMessage`1";
    public const string IButlerContract = "ButlerRpc.Calls.IButlerContract`1";
    public const string CancellationToken = "System.Threading.CancellationToken";
    public const string Task = "System.Threading.Tasks.Task";
    public const string TaskOfT = "System.Threading.Tasks.Task`1";
    public const string ValueTask = "System.Threading.Tasks.ValueTask";
    public const string ValueTaskOfT = "System.Threading.Tasks.ValueTask`1";
    public const string AsyncDisposable = "System.IAsyncDisposable";
    public const string AsyncEnumerable = "System.Collections.Generic.IAsyncEnumerable`1";
}
