using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Diagnostics;

partial class Descriptors
{
    public static readonly DiagnosticDescriptor MessageNotPartial = new(
        "BRPC0001", "A message, and every type around it, must be partial",
        "'{0}' must be partial, so that its codec can be generated",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0001"));

    public static readonly DiagnosticDescriptor MessageCodeTaken = new(
        "BRPC0003", "Two messages share a code",
        "Code {0} of message '{1}' is taken by '{2}'; give one of them another code",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0003"));

    public static readonly DiagnosticDescriptor MessageCodeOutOfRange = new(
        "BRPC0004", "A message code is missing or out of range",
        "Message '{0}' needs a Code between 1 and 2147483647 {1}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0004"));

    public static readonly DiagnosticDescriptor MemberWithoutIndex = new(
        "BRPC0006", "A settable member has neither an index nor an exemption",
        "'{0}' needs [ButlerField(…)] to be part of message '{1}', or [ButlerIgnore] to stay out of it",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0006"));

    public static readonly DiagnosticDescriptor DuplicateIndex = new(
        "BRPC0007", "Two members share an index",
        "Index {0} of '{1}' is taken by '{2}'",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0007"));

    public static readonly DiagnosticDescriptor UnsupportedType = new(
        "BRPC0010", "A type has no wire form",
        "'{0}' has type '{1}', which has no wire form{2}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0010"));

    public static readonly DiagnosticDescriptor TypeNotAMessage = new(
        "BRPC0012", "A member's type is no message",
        "'{0}' has type '{1}', which is no message; annotate it with [ButlerMessage]",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0012"));
}
