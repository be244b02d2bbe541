using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace ButlerRpc.PublicApi.Tests;

/// <summary>What others can use of an assembly: its public types with their public and protected members, in an order that does not change.</summary>
static class ApiListing
{
    const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var space in assembly.GetExportedTypes().GroupBy(t => t.Namespace!).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            text.Append($"namespace {space.Key}\n");
            foreach (var type in space.OrderBy(t => t.FullName, StringComparer.Ordinal))
            {
                text.Append($"\n  {TypeLine(type)}\n");
                foreach (var (_, member) in Members(type).OrderBy(m => m.Name, StringComparer.Ordinal).ThenBy(m => m.Text, StringComparer.Ordinal))
                    text.Append($"    {member}\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    static string TypeLine(Type type)
    {
        var line = new StringBuilder("public ");
        if (type.BaseType == typeof(MulticastDelegate))
            return line.Append($"delegate {Signature(type.GetMethod("Invoke")!, TypeName.Declared(type))}").ToString();
        line.Append(type switch
        {
            { IsEnum: true } => $"enum {TypeName.Declared(type)} : {TypeName.Of(type.GetEnumUnderlyingType())}",
            { IsInterface: true } => $"interface {TypeName.Declared(type)}",
            { IsValueType: true } => $"{(type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "")}{(type.IsByRefLike ? "ref " : "")}struct {TypeName.Declared(type)}",
            _ => $"{Modifier(type)}{(IsRecord(type) ? "record" : "class")} {TypeName.Declared(type)}",
        });
        if (!type.IsEnum && Parents(type) is { Length: > 0 } parents)
            line.Append($" : {string.Join(", ", parents)}");
        return line.Append(TypeName.Constraints(type.GetGenericArguments())).ToString();
    }

    static string Modifier(Type type) => (type.IsAbstract, type.IsSealed) switch
    {
        (true, true) => "static ",
        (true, false) => "abstract ",
        (false, true) => "sealed ",
        _ => "",
    };

    static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null;

    static string[] Parents(Type type)
    {
        Type[] inherited = [.. type.BaseType?.GetInterfaces() ?? [], .. IsRecord(type) ? [typeof(IEquatable<>).MakeGenericType(type)] : Type.EmptyTypes];
        var own = type.GetInterfaces().Where(i => (i.IsPublic || i.IsNestedPublic) && !inherited.Contains(i)).ToList();
        var direct = own.Where(i => !own.Any(other => other != i && other.GetInterfaces().Contains(i))).Select(TypeName.Of).Order(StringComparer.Ordinal);
        return type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) ? [TypeName.Of(parent), .. direct] : [.. direct];
    }

    static IEnumerable<(string Name, string Text)> Members(Type type)
    {
        if (type.BaseType == typeof(MulticastDelegate))
            return [];
        if (type.IsEnum)
            return Enum.GetNames(type).Select(name => (name, Value: Convert.ToInt64(Enum.Parse(type, name)))).Select(m => ($"{m.Value:D5}", $"{m.name} = {m.Value}"));
        return type.GetConstructors(Declared).Where(IsVisible).Select(c => ("", $"{Access(c)}{type.Name.Split('`')[0]}({Parameters(c)})"))
            .Concat(type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily).Select(f => (f.Name, Field(f))))
            .Concat(type.GetProperties(Declared).Where(p => Accessors(p).Any() && !IsMadeByCompiler(p)).Select(p => (p.Name, Property(p))))
            .Concat(type.GetEvents(Declared).Where(e => IsVisible(e.AddMethod!)).Select(e => (e.Name, $"event {TypeName.Of(e.EventHandlerType!)} {e.Name}")))
            .Concat(type.GetMethods(Declared).Where(m => IsVisible(m) && !IsAccessor(m) && !IsMadeByCompiler(m)).Select(m => (m.Name, Access(m) + Signature(m, m.Name))));
    }

    // A record's equality, printing and copying come with the word "record".
    static bool IsMadeByCompiler(MemberInfo member) =>
        member.IsDefined(typeof(CompilerGeneratedAttribute)) || member.Name is "EqualityContract" || member.Name.Contains('<');

    static bool IsAccessor(MethodInfo method) => method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    static IEnumerable<MethodInfo> Accessors(PropertyInfo property) => property.GetAccessors(nonPublic: true).Where(IsVisible);

    static string Access(MethodBase method)
    {
        var access = method.IsPublic ? "" : "protected ";
        if (method.IsStatic)
            access += "static ";
        if (method.IsAbstract && !(method.DeclaringType!.IsInterface && !method.IsStatic))
            access += "abstract ";
        else if (method is MethodInfo info && info.GetBaseDefinition() != info)
            access += method.IsFinal ? "sealed override " : "override ";
        else if (method is { IsVirtual: true, IsFinal: false } && !method.DeclaringType!.IsInterface)
            access += "virtual ";
        return access;
    }

    static string Field(FieldInfo field)
    {
        var kind = field.IsLiteral ? "const " : $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}";
        return $"{(field.IsPublic ? "" : "protected ")}{kind}{TypeName.Of(field)} {field.Name}{(field.IsLiteral ? $" = {Literal(field.GetRawConstantValue())}" : "")}";
    }

    static string Property(PropertyInfo property)
    {
        var accessors = Accessors(property).ToList();
        var index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"this[{string.Join(", ", parameters.Select(Parameter))}]" : property.Name;
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        var sets = accessors.Find(a => a.ReturnType == typeof(void));
        var set = sets is null ? "" : sets.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init; " : "set; ";
        if (sets is { IsPublic: false } && accessors.Any(a => a.IsPublic))
            set = $"protected {set}";
        return $"{Access(accessors.Find(a => a.IsPublic) ?? accessors[0])}{required}{TypeName.Of(property)} {index} {{ {(accessors.Any(a => a != sets) ? "get; " : "")}{set}}}";
    }

    static string Signature(MethodInfo method, string name)
    {
        var generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(TypeName.Of))}>" : "";
        return $"{TypeName.Of(method.ReturnParameter)} {name}{generic}({Parameters(method)}){TypeName.Constraints(method.GetGenericArguments())}";
    }

    static string Parameters(MethodBase method) =>
        (method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "") + string.Join(", ", method.GetParameters().Select(Parameter));

    static string Parameter(ParameterInfo parameter)
    {
        var way = parameter switch
        {
            { IsOut: true, ParameterType.IsByRef: true } => "out ",
            { IsIn: true, ParameterType.IsByRef: true } => "in ",
            { ParameterType.IsByRef: true } => "ref ",
            _ => parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) ? "params " : "",
        };
        return $"{way}{TypeName.Of(parameter)} {parameter.Name}{(parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue)}" : "")}";
    }

    static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => FormattableString.Invariant($"{value}"),
    };
}
