using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Diagnostics;

partial class Descriptors
{
    public static readonly DiagnosticDescriptor GeneratorFailed = new(
        "BRPC9001", "The generator failed",
        "The generator failed on '{0}': {1}",
        Environment, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC9001"));

    public static readonly DiagnosticDescriptor TooOld = new(
        "BRPC9002", "The language or the runtime is too old for generated code",
        "Nothing is generated: {0}",
        Environment, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC9002"), customTags: WellKnownDiagnosticTags.CompilationEnd);
}
