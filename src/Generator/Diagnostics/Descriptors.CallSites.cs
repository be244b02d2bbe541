using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Diagnostics;

partial class Descriptors
{
    const string CallSites = "ButlerRpc.CallSites";

    public static readonly DiagnosticDescriptor NotAContract = new(
        "BRPC2001", "A contract is asked for of a type that is none",
        "'{0}' is no contract: {1}",
        CallSites, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC2001"));

    public static readonly DiagnosticDescriptor ImplementsNoContract = new(
        "BRPC2002", "A type is registered as a service that implements no contract",
        "'{0}' implements no interface with [ButlerService], so there is nothing to serve",
        CallSites, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC2002"));

    public static readonly DiagnosticDescriptor CallNotAwaited = new(
        "BRPC2003", "A call's task is neither awaited nor kept",
        "The task of '{0}' is dropped: nobody would learn that the call failed; await it, or keep it",
        CallSites, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Help("BRPC2003"));

    public static readonly DiagnosticDescriptor ContextDropped = new(
        "BRPC2005", "A handler calls another service without its own token or context",
        "'{0}' is called without '{1}': it would go on when the call being served is cancelled, and know nothing of its deadline; pass '{1}' on",
        CallSites, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Help("BRPC2005"));
}
