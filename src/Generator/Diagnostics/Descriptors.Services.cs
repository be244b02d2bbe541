using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Diagnostics;

partial class Descriptors
{
    public static readonly DiagnosticDescriptor ServiceNotPartial = new(
        "BRPC1001", "A service, and every type around it, must be partial",
        "'{0}' must be partial, so that its proxy and dispatcher can be generated",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1001"));

    public static readonly DiagnosticDescriptor ServiceNotAccessible = new(
        "BRPC1002", "A service cannot be reached by generated code",
        "'{0}' must be internal or public, and so must the types around it: generated code beside it has to name it",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1002"));

    public static readonly DiagnosticDescriptor UnsupportedReturnType = new(
        "BRPC1003", "A service method returns something that cannot be awaited or streamed",
        "'{0}' returns '{1}'; a service method returns Task, Task<T>, ValueTask, ValueTask<T>, IAsyncEnumerable<T>, or void with [ButlerMethod(OneWay = true)]",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1003"));

    public static readonly DiagnosticDescriptor MemberNotAMethod = new(
        "BRPC1004", "A service has a member that is no method",
        "'{0}' is {1}; a service has methods only, so make it one",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1004"));

    public static readonly DiagnosticDescriptor GenericMethodOrService = new(
        "BRPC1005", "A service or one of its methods is generic",
        "'{0}' is generic, so its types are not known when its codecs are generated; name a message or a union instead",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1005"));

    public static readonly DiagnosticDescriptor ParameterByReference = new(
        "BRPC1006", "A parameter is passed by reference",
        "Parameter '{0}' of '{1}' is passed by reference, which a call to another process cannot do; take a value, and return what is new",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1006"));

    public static readonly DiagnosticDescriptor MethodCodeTaken = new(
        "BRPC1007", "Two methods share a code",
        "Method code {0} is used by {1} and {2}; give one of them [ButlerMethod(Code = …)]",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1007"));

    public static readonly DiagnosticDescriptor ContextNotLast = new(
        "BRPC1008", "A CancellationToken or CallContext is not the last parameter",
        "Parameter '{0}' of '{1}' must be the last one, and the only CancellationToken or CallContext",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1008"));

    public static readonly DiagnosticDescriptor NoCancellation = new(
        "BRPC1009", "A method cannot be cancelled",
        "'{0}' takes neither a CancellationToken nor a CallContext; adding one does not change the wire",
        Services, DiagnosticSeverity.Info, isEnabledByDefault: true, helpLinkUri: Help("BRPC1009"));

    public static readonly DiagnosticDescriptor NestedResult = new(
        "BRPC1010", "A method's result is wrapped twice, or is promised by a method that is never answered",
        "'{0}' returns '{1}': {2}",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1010"));

    public static readonly DiagnosticDescriptor NothingToRepeat = new(
        "BRPC1014", "Calls are to be repeated, and no method may be",
        "'{0}' has no effect on '{1}': none of its methods says [ButlerMethod(Idempotent = true)], and only such calls are made a second time when nobody knows whether the first one ran",
        Services, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Help("BRPC1014"));

    public static readonly DiagnosticDescriptor BadThrows = new(
        "BRPC1015", "[Throws] names no fault",
        "[Throws<{0}>] of '{1}' {2}",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1015"));

    public static readonly DiagnosticDescriptor BadCallback = new(
        "BRPC1016", "Callback names no service",
        "Callback of '{0}' is '{1}', which {2}",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1016"));

    public static readonly DiagnosticDescriptor BadOverflow = new(
        "BRPC1017", "Overflow does not fit the method",
        "{0} of '{1}' {2}",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1017"));

    public static readonly DiagnosticDescriptor BadOrdered = new(
        "BRPC1018", "Ordered does not fit the method",
        "{0} of '{1}' {2}",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1018"));

    public static readonly DiagnosticDescriptor BadOption = new(
        "BRPC1019", "An option of a method makes no sense",
        "{0} of '{1}' {2}",
        Services, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC1019"));
}
