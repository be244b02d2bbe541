using System.Collections.Immutable;
using System.Globalization;
using ButlerRpc.Generator.Diagnostics;
using ButlerRpc.Generator.Emitting;
using ButlerRpc.Generator.Model;
using Microsoft.CodeAnalysis;

namespace ButlerRpc.Generator.Parsing;

/// <summary>
/// Reads a message. The generator takes the model, the analyzers what is reported: there is one opinion of what a message may hold. A member at fault stays in the
/// model without a wire form, so that the codec compiles and one mistake shows as one error.
/// </summary>
sealed partial class MessageParser(INamedTypeSymbol type, TypeClassifier classifier, Action<Diagnostic>? report, Action<TypeFault>? onTypeFault = null)
{
    /// <summary>Indexes are smaller.</summary>
    public const int MostIndexes = 4096;

    readonly KnownSymbols _known = classifier.Known;
    readonly bool _isForeign = !MessageKinds.IsButlerMessage(type, classifier.Known);
    readonly AttributeData? _attribute = type.Find(classifier.Known.ButlerMessage);

    /// <summary>The model with a codec class of that name.</summary>
    public MessageModel Parse(string codecName)
    {
        var model = new MessageModel
        {
            Type = codecName == TypeClassifier.CodecClass ? type.ToFullyQualifiedBare() : type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToFullyQualified(),
            DisplayName = type.Name,
            CodecName = codecName,
            Code = _attribute.Named("Code", 0),
            Formats = _attribute.Named("Formats", 0),
            IsValueType = type.IsValueType,
            IsCyclic = _known.Cycles.IsCyclic(type),
        };
        if (MessageKinds.IsUnion(type, _known))
            return Cases() is { IsEmpty: false } cases ? model with { Cases = cases, UsesForbidden = ForbiddenUse.Of(type, CaseTypes(), _known) } : model with { IsBaseOnly = true };
        return type.IsAbstract || type.TypeKind == TypeKind.Interface ? model with { IsBaseOnly = true } : WithMembers(model);
    }

    MessageModel WithMembers(MessageModel model)
    {
        var isMap = _isForeign ? UsesNames() : _attribute.Named("Layout", 0) == 1;
        var chosen = Choose(isMap);
        var constructor = ConstructorChoice.For(type, chosen, mayBePrivate: !_isForeign && !MessageKinds.UsesTypeParameters(type, _known), _known.Compilation.Assembly);
        if (constructor is null)
        {
            Report(Descriptors.NoUsableConstructor, type.Locations.FirstOrDefault(), type.Name, type.Name, "");
            onTypeFault?.Invoke(new TypeFault(Descriptors.NoUsableConstructor, type, ""));
            return model with { IsBaseOnly = true };
        }

        var setsRequired = ConstructorChoice.SetsRequired(constructor);
        var members = ImmutableArray.CreateBuilder<MemberModel>(chosen.Count);
        var (length, usesForbidden) = (0, false);
        foreach (var place in chosen)
        {
            classifier.CancellationToken.ThrowIfCancellationRequested();
            members.Add(Member(place, constructor, setsRequired));
            length = Math.Max(length, place.Index + 1);
            usesForbidden |= ForbiddenUse.Of(place.Member.Symbol, place.Member.Type, _known);
        }

        return model with
        {
            IsMap = isMap,
            UsesForbidden = usesForbidden,
            Members = members.MoveToImmutable(),
            Length = isMap ? chosen.Count : Math.Max(length, ReservedIndexes.Of(type, _known).Select(r => r + 1).DefaultIfEmpty(0).Max()),
            Arguments = Arguments(constructor, chosen),
            HeapBytes = 24 + (16 * chosen.Count),
            OtherRequired = setsRequired ? [] : OtherRequired(chosen),
            EncodesInPlace = !model.IsCyclic && _known.Closed.IsClosed(type),
        };
    }

    static EquatableArray<ArgumentModel> Arguments(IMethodSymbol constructor, List<ChosenMember> chosen)
    {
        var arguments = ImmutableArray.CreateBuilder<ArgumentModel>(constructor.Parameters.Length);
        foreach (var parameter in constructor.Parameters)
            arguments.Add(new ArgumentModel(parameter.Name, Place(parameter, chosen)));
        return arguments.MoveToImmutable();
    }

    static int Place(IParameterSymbol parameter, List<ChosenMember> chosen)
    {
        for (var i = 0; i < chosen.Count; i++)
        {
            if (ConstructorChoice.Matches(parameter, chosen[i].Member.Name))
                return i;
        }

        return -1;
    }

    MemberModel Member(ChosenMember chosen, IMethodSymbol constructor, bool setsRequired)
    {
        var member = chosen.Member;
        var parameter = constructor.Parameters.FirstOrDefault(p => ConstructorChoice.Matches(p, member.Name));
        var mustInitialize = member.IsRequired && !setsRequired;
        var setting = parameter is not null && !mustInitialize ? MemberSetting.Constructor
            : !member.IsSettable ? MemberSetting.Constructor
            : mustInitialize ? MemberSetting.Initializer
            : member.IsInitOnly ? (MayHaveOwnDefault(member, constructor) ? MemberSetting.InitializerOrOwnDefault : MemberSetting.Initializer)
            : MemberSetting.Assignment;
        if (parameter is null && !member.IsSettable)
            Report(Descriptors.MemberNotSettable, member.Location, member.Name, type.Name);

        var wire = Wire(member);
        var isReference = wire is { IsReference: true, Kind: not WireKind.Nullable };
        var declared = _known.Types[member.Type].FullyQualified;
        return new MemberModel
        {
            Name = member.Name,
            Index = chosen.Index,
            Key = chosen.Key,
            Type = declared,
            Wire = wire,
            Setting = setting,
            IsRequired = member.IsRequired || (isReference && setting == MemberSetting.Constructor && parameter?.HasExplicitDefaultValue != true),
            Default = parameter?.HasExplicitDefaultValue == true ? Literals.OfDefault(parameter, declared) : "default!",
            MaxLength = Limits.Length(member.Attributes, _known),
            MaxCount = Limits.Count(member.Attributes, _known),
            IsBer = member.Find(_known.IprotoBer) is not null,
        };
    }

    WireType? Wire(MessageMember member)
    {
        if (member.Find(_known.UseCodec)?.ConstructorArguments is [{ Value: INamedTypeSymbol codec }])
        {
            if (AssemblyCodecs.Carries(codec, member.Type))
                return classifier.WithCodec(member.Type, codec);
            Fail(AssemblyCodecs.Fault(codec, member.Type), member.Location, member.Name);
            return null;
        }

        var options = (_attribute.Named("ClosedEnums", false) ? WireOptions.ClosedEnums : 0) | (_isForeign ? WireOptions.MessagePackCSharp : 0);
        var wire = classifier.Classify(member.Type, options, out var fault);
        if (wire is null)
            Fail(fault, member.Location, member.Name);
        return wire;
    }

    // Without an initializer, accessors with bodies and a constructor body there is nothing to keep: the default is the type's own.
    static bool MayHaveOwnDefault(MessageMember member, IMethodSymbol constructor) =>
        !member.IsAutomatic || member.Symbol.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() switch
        {
            Microsoft.CodeAnalysis.CSharp.Syntax.PropertyDeclarationSyntax { Initializer: not null } => true,
            null => true,
            _ => constructor.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() is Microsoft.CodeAnalysis.CSharp.Syntax.ConstructorDeclarationSyntax,
        };

    EquatableArray<string> OtherRequired(List<ChosenMember> chosen) =>
        _known.Members.Of(type).Where(m => m.IsRequired && !chosen.Exists(c => c.Member.Name == m.Name)).Select(m => m.Name).ToEquatableArray();

    EquatableArray<CaseModel> Cases()
    {
        var cases = new SortedDictionary<int, WireType>();
        var depths = new Dictionary<int, int>();
        var types = new HashSet<ITypeSymbol>(SymbolEqualityComparer.Default);
        foreach (var attribute in type.GetAttributes().Where(a => a.AttributeClass.Is(_known.ButlerUnion)).Concat(_isForeign ? MessagePackCSharp.Unions(type) : []))
        {
            if (attribute.ConstructorArguments is not [{ Value: int tag }, { Value: INamedTypeSymbol @case }])
                continue;
            var location = attribute.ApplicationSyntaxReference?.GetSyntax(classifier.CancellationToken).GetLocation();
            if (@case.TypeKind == TypeKind.Error)
                continue;
            if (!_known.Compilation.HasImplicitConversion(@case, type))
                Report(Descriptors.BadUnionCase, location, type.Name, @case.ToMinimal(), $"is no {type.Name}");
            else if (cases.ContainsKey(tag))
                ReportTaken(tag, @case, location);
            else if (!types.Add(@case))
                Report(Descriptors.BadUnionCase, location, type.Name, @case.ToMinimal(), "is listed twice");
            else if (classifier.Classify(@case.WithNullableAnnotation(NullableAnnotation.NotAnnotated), out var fault) is { } wire)
            {
                cases.Add(tag, wire);
                depths.Add(tag, Depth(@case));
            }
            else
                Fail(fault, location, type.Name);
        }

        // A case that is derived from another one has to be tried first.
        return cases.OrderByDescending(c => depths[c.Key]).ThenBy(c => c.Key).Select(c => new CaseModel(c.Key, c.Value)).ToEquatableArray();
    }

    IEnumerable<ITypeSymbol> CaseTypes() => type.GetAttributes().Where(a => a.ConstructorArguments is [{ Value: int }, { Value: ITypeSymbol }]).Select(a => (ITypeSymbol)a.ConstructorArguments[1].Value!);

    static int Depth(INamedTypeSymbol type) => type.BaseType is { } above ? 1 + Depth(above) : type.AllInterfaces.Length;

    void ReportTaken(int tag, INamedTypeSymbol @case, Location? location)
    {
        var free = 1 + type.GetAttributes().Select(a => a.ConstructorArguments is [{ Value: int taken }, _] ? taken : -1).Max();
        report?.Invoke(Diagnostic.Create(
            Descriptors.BadUnionCase, location ?? type.Locations.FirstOrDefault(), ImmutableDictionary<string, string?>.Empty.Add(FixProperties.FreeCode, free.ToString(CultureInfo.InvariantCulture)),
            type.Name, @case.ToMinimal(), $"has tag {tag.ToString(CultureInfo.InvariantCulture)}, which is taken"));
    }

    void Fail(TypeFault fault, Location? location, string member)
    {
        if (fault.At(location, member) is { } diagnostic)
            report?.Invoke(diagnostic);
        onTypeFault?.Invoke(fault);
    }

    void Report(DiagnosticDescriptor rule, Location? location, params object[] arguments) =>
        report?.Invoke(Diagnostic.Create(rule, location ?? type.Locations.FirstOrDefault(), arguments));
}
