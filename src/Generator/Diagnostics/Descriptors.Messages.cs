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
        "Code {0} of message '{1}' is one of iproto's control codes (0xFF00 to 0xFFFF); take another",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0005"));

    public static readonly DiagnosticDescriptor MemberWithoutIndex = new(
        "BRPC0006", "A settable member has neither an index nor an exemption",
        "'{0}' needs [ButlerField(…)] to be part of message '{1}', or [ButlerIgnore] to stay out of it",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0006"));

    public static readonly DiagnosticDescriptor DuplicateIndex = new(
        "BRPC0007", "Two members share an index",
        "Index {0} of '{1}' is taken by '{2}'; take another",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0007"));

    public static readonly DiagnosticDescriptor IndexGap = new(
        "BRPC0008", "An index is neither used nor reserved",
        "No member of message '{0}' has index {1}, so nil travels in its place; add [ButlerReserved({1})], or number the members without a gap while nobody has the message yet",
        Messages, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Help("BRPC0008"));

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

    public static readonly DiagnosticDescriptor EndlessMessage = new(
        "BRPC0015", "A message must hold itself",
        "Message '{0}' can never be made, since each of these must hold another message: {1}; make one of them nullable",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0015"));

    public static readonly DiagnosticDescriptor NoUsableConstructor = new(
        "BRPC0017", "A message has no constructor that its codec can use",
        "Message '{1}' has no constructor that its codec can use: give it one without parameters, or one whose every parameter has the name and the type of a member{2}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0017"));

    public static readonly DiagnosticDescriptor MemberNotSettable = new(
        "BRPC0018", "A member of a message cannot be set",
        "'{0}' cannot be set when message '{1}' is read: give it an init accessor, or make it a constructor parameter",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0018"));

    public static readonly DiagnosticDescriptor MutableStruct = new(
        "BRPC0020", "A struct that can be changed is a message",
        "Message '{0}' is a struct that can be changed, and what is changed is easily a copy; make it a readonly struct",
        Messages, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Help("BRPC0020"));

    public static readonly DiagnosticDescriptor NoCodecInAssembly = new(
        "BRPC0021", "A referenced assembly's message has no generated codec",
        "'{0}' has type '{1}', whose assembly was built without the generator, so it has no codec: reference the package ButlerRpc there{2}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0021"));

    public static readonly DiagnosticDescriptor OpenGeneric = new(
        "BRPC0022", "A type is generic and not closed",
        "'{0}' has type '{1}', whose type arguments are not known when the codec is generated{2}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0022"));

    public static readonly DiagnosticDescriptor CollidingKey = new(
        "BRPC0023", "A peer can make the hash codes of a key collide",
        "'{0}' has keys of type '{1}', whose hash codes everybody can work out: a peer could send keys that all fall into one bucket; use string, Guid, an integer, an enum or a date as the key, or a list",
        Messages, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Help("BRPC0023"));

    public static readonly DiagnosticDescriptor KindOfTimeLost = new(
        "BRPC0025", "A DateTime loses its Kind",
        "'{0}' is a DateTime: whatever its Kind, it is read as UTC; use DateTimeOffset",
        Messages, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Help("BRPC0025"));

    public static readonly DiagnosticDescriptor BadUseCodec = new(
        "BRPC0026", "[UseCodec] names no codec for the type",
        "'{1}' cannot carry '{0}': it needs static void Write(ref MessagePackWriter, {2}) and static {2} Read(ref MessagePackReader)",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0026"));

    public static readonly DiagnosticDescriptor BadLimit = new(
        "BRPC0027", "A limit does not fit its member",
        "[{0}] of '{1}' {2}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0027"));

    public static readonly DiagnosticDescriptor BadReserved = new(
        "BRPC0028", "[ButlerReserved] reserves what it cannot",
        "Index {0} of message '{1}' {2}",
        Messages, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC0028"));

    public static readonly DiagnosticDescriptor BadBer = new(
        "BRPC0029", "[IprotoBer] has no effect",
        "[IprotoBer] of '{0}' has no effect: {1}",
        Messages, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Help("BRPC0029"));

    public static readonly DiagnosticDescriptor BadClosedEnums = new(
        "BRPC0030", "ClosedEnums has no enum to close",
        "ClosedEnums of message '{0}' {1}",
        Messages, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Help("BRPC0030"));

    public static readonly DiagnosticDescriptor FieldOfNoData = new(
        "BRPC0031", "[ButlerField] has no effect",
        "[ButlerField] of '{0}' has no effect, since {1} is no part of message '{2}'; remove it",
        Messages, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Help("BRPC0031"));
}
