using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Diagnostics;

partial class Descriptors
{
    public static readonly DiagnosticDescriptor GeneratorFailed = new(
        "BRPC9001", "The generator failed",
        "The generator failed on '{0}': {1}",
        Environment, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC9001"));
}
