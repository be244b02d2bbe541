using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Diagnostics;

partial class Descriptors
{
    public static readonly DiagnosticDescriptor ServiceNotPartial = new(
        "BRPC1001", "A service, and every type around it, must be partial",
        "'{0}' must be partial, so that its proxy and dispatcher can be generated",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1001"));

    public static readonly DiagnosticDescriptor UnsupportedReturnType = new(
        "BRPC1003", "A service method returns something that cannot be awaited or streamed",
        "'{0}' returns '{1}'; a service method returns Task, Task<T>, ValueTask, ValueTask<T>, IAsyncEnumerable<T>, or void with [ButlerMethod(OneWay = true)]",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1003"));

    public static readonly DiagnosticDescriptor MethodCodeTaken = new(
        "BRPC1007", "Two methods share a code",
        "Method code {0} is used by {1} and {2}; give one of them [ButlerMethod(Code = …)]",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1007"));
}
