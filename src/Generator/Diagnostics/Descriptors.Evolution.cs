using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Diagnostics;

partial class Descriptors
{
    const string Evolution = "ButlerRpc.Evolution";

    public static readonly DiagnosticDescriptor ContractFileMissing = new(
        "BRPC3001", "The contract is not recorded",
        "This library has contracts and no butler.contracts.txt, so nothing would notice a change that breaks peers built before; dotnet build -p:ButlerAcceptContracts=true writes it",
        Evolution, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Help("BRPC3001"), customTags: WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor ContractEntryMissing = new(
        "BRPC3002", "A change of the contract is not recorded",
        "Not in butler.contracts.txt yet: {0}",
        Evolution, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Help("BRPC3002"), customTags: WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor ContractCodeChanged = new(
        "BRPC3003", "A published code has changed",
        "{0}",
        Evolution, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC3003"), customTags: WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor ContractTypeChanged = new(
        "BRPC3004", "A published type has changed incompatibly",
        "{0}",
        Evolution, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC3004"), customTags: WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor ContractMemberGone = new(
        "BRPC3005", "Something published is gone, or its number is used again",
        "{0}",
        Evolution, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC3005"), customTags: WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor CodecFormatDiffers = new(
        "BRPC3006", "The codecs of a referenced assembly do not fit",
        "'{0}' uses '{1}', whose assembly has codecs of format {2}: it was built with another version of ButlerRpc; build both with the same one",
        Evolution, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC3006"));

    public static readonly DiagnosticDescriptor ContractRequiredAdded = new(
        "BRPC3007", "A new member is required",
        "{0}",
        Evolution, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Help("BRPC3007"), customTags: WellKnownDiagnosticTags.CompilationEnd);
}
