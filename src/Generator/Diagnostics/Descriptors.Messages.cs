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
        "Message '{0}' needs a Code between 1 and 2147483647",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0004"));

    public static readonly DiagnosticDescriptor MessageCodeReserved = new(
        "BRPC0005", "A message code is in a reserved range",
        "Code {0} of message '{1}' is one of iproto's control codes (0xFF00 to 0xFFFF)",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0005"));

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

    public static readonly DiagnosticDescriptor MessageNotAccessible = new(
        "BRPC0002", "A message cannot be reached by generated code",
        "'{0}' must be internal or public, and so must the types around it: generated code beside it has to name it",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0002"));

    public static readonly DiagnosticDescriptor IndexOutOfRange = new(
        "BRPC0009", "An index is out of range",
        "Index {0} of '{1}' is out of range; an index is between 0 and 4095",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0009"));

    public static readonly DiagnosticDescriptor NotData = new(
        "BRPC0011", "A type is no data",
        "'{0}' has type '{1}', which is no data and cannot travel{2}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0011"));

    public static readonly DiagnosticDescriptor AbstractWithoutUnion = new(
        "BRPC0013", "An abstract type is no closed set",
        "'{0}' has type '{1}', which is abstract; list its cases with [ButlerUnion(tag, typeof(Case))]{2}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0013"));

    public static readonly DiagnosticDescriptor BadUnionCase = new(
        "BRPC0014", "A union has a bad case or tag",
        "Case '{1}' of union '{0}' {2}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0014"));

    public static readonly DiagnosticDescriptor NoUsableConstructor = new(
        "BRPC0017", "A message has no constructor that its codec can use",
        "'{0}' has type '{1}', which has no constructor whose every parameter is a member of the message{2}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0017"));

    public static readonly DiagnosticDescriptor MemberNotSettable = new(
        "BRPC0018", "A member of a message cannot be set",
        "'{0}' cannot be set when message '{1}' is read: give it an init accessor, or make it a constructor parameter",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0018"));

    public static readonly DiagnosticDescriptor NoCodecInAssembly = new(
        "BRPC0021", "A referenced assembly's message has no generated codec",
        "'{0}' has type '{1}', whose assembly was built without the generator, so it has no codec{2}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0021"));

    public static readonly DiagnosticDescriptor OpenGeneric = new(
        "BRPC0022", "A type is generic and not closed",
        "'{0}' has type '{1}', whose type arguments are not known when the codec is generated{2}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0022"));

    public static readonly DiagnosticDescriptor BadUseCodec = new(
        "BRPC0026", "[UseCodec] names no codec for the type",
        "'{1}' cannot carry '{0}': it needs static void Write(ref MessagePackWriter, {2}) and static {2} Read(ref MessagePackReader)",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0026"));
}
