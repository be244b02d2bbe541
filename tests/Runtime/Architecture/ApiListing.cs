using System.Reflection;
using System.Runtime.CompilerServices;

namespace ButlerRpc.Runtime.Tests.Architecture;

/// <summary>What an assembly shows, one line per type and member, in ordinal order.</summary>
static class ApiListing
{
    static readonly NullabilityInfoContext Nullability = new();

    static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(char)] = "char",
        [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short", [typeof(ushort)] = "ushort", [typeof(int)] = "int",
        [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(float)] = "float", [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    public static IReadOnlyList<string> Of(Assembly assembly)
    {
        var lines = new List<string>();
        foreach (var type in assembly.GetExportedTypes().OrderBy(t => Name(t, full: true), StringComparer.Ordinal))
        {
            lines.Add(Describe(type));
            // Each line bears its type, so that a difference can be read without the lines around it.
            lines.AddRange(Members(type).Select(m => $"    {Name(type)}: {m}").Order(StringComparer.Ordinal));
        }

        return lines;
    }

    static string Describe(Type type)
    {
        var kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct"
            : type.IsSubclassOf(typeof(Delegate)) ? "delegate" : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : type.IsAbstract ? "abstract class" : type.IsSealed ? "sealed class" : "class";
        var bases = new List<string>();
        if (type is { IsEnum: false, BaseType: { } parent } && parent != typeof(object) && parent != typeof(ValueType))
            bases.Add(Name(parent));
        var inherited = type.BaseType?.GetInterfaces() ?? [];
        if (!type.IsEnum)
            bases.AddRange(type.GetInterfaces().Where(i => i.IsVisible).Except(inherited).Select(i => Name(i)).Order(StringComparer.Ordinal));
        return $"{kind} {Name(type, full: true)}{Constraints(type.GetGenericArguments())}{(bases.Count > 0 ? " : " + string.Join(", ", bases) : "")}";
    }

    static IEnumerable<string> Members(Type type)
    {
        if (type.IsSubclassOf(typeof(Delegate)))
        {
            var invoke = type.GetMethod("Invoke")!;
            yield return $"{Name(invoke.ReturnType)} ({Parameters(invoke)})";
            yield break;
        }

        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (var field in type.GetFields(All).Where(f => Shows(f.Attributes & FieldAttributes.FieldAccessMask) && !f.IsSpecialName))
        {
            if (type.IsEnum)
            {
                yield return $"{field.Name} = {Convert.ToString(field.GetRawConstantValue(), System.Globalization.CultureInfo.InvariantCulture)}";
                continue;
            }

            var constant = field.IsLiteral ? $" = {Convert.ToString(field.GetRawConstantValue(), System.Globalization.CultureInfo.InvariantCulture)}" : "";
            yield return $"field {(field.IsStatic ? "static " : "")}{Name(field.FieldType, Nullability.Create(field))} {field.Name}{constant}";
        }

        foreach (var constructor in type.GetConstructors(All).Where(c => Shows(c)))
            yield return $"{Access(constructor)}new({Parameters(constructor)})";
        foreach (var property in type.GetProperties(All))
        {
            var get = property.GetMethod is { } g && Shows(g) ? "get; " : "";
            var set = property.SetMethod is { } s && Shows(s)
                ? s.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init; " : "set; "
                : "";
            if (get.Length + set.Length == 0)
                continue;
            var accessor = (property.GetMethod ?? property.SetMethod)!;
            var required = property.GetCustomAttribute<RequiredMemberAttribute>() is not null ? "required " : "";
            var index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{string.Join(", ", parameters.Select(Parameter))}]" : "";
            yield return $"{Access(accessor)}{Modifiers(accessor)}{required}{Name(property.PropertyType, Nullability.Create(property))} {property.Name}{index} {{ {get}{set}}}";
        }

        foreach (var method in type.GetMethods(All).Where(m => Shows(m) && !m.IsSpecialName || m.Name.StartsWith("op_", StringComparison.Ordinal)))
        {
            if (method.GetCustomAttribute<CompilerGeneratedAttribute>() is not null)
                continue;
            yield return $"{Access(method)}{Modifiers(method)}{Name(method.ReturnType, Nullability.Create(method.ReturnParameter))} {method.Name}" +
                $"{Arguments(method.GetGenericArguments())}({(method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "")}{Parameters(method)})" +
                Constraints(method.GetGenericArguments());
        }

        foreach (var @event in type.GetEvents(All).Where(e => e.AddMethod is { } add && Shows(add)))
            yield return $"event {Name(@event.EventHandlerType!)} {@event.Name}";
    }

    static bool Shows(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    static bool Shows(FieldAttributes access) => access is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem;

    static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    static string Modifiers(MethodBase method) =>
        method.IsStatic ? method.IsAbstract ? "static abstract " : "static "
        : method.IsAbstract ? "abstract "
        : method is MethodInfo { IsVirtual: true, IsFinal: false } m ? m.GetBaseDefinition() != m ? "override " : "virtual "
        : "";

    static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    static string Parameter(ParameterInfo parameter)
    {
        var passing = parameter.IsOut ? "out " : parameter.IsIn ? "in " : parameter.ParameterType.IsByRef ? "ref " : "";
        var type = parameter.ParameterType.IsByRef ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;
        var nullability = parameter.ParameterType.IsByRef ? null : Nullability.Create(parameter);
        var value = parameter.HasDefaultValue ? $" = {parameter.RawDefaultValue ?? "default"}" : "";
        return $"{passing}{Name(type, nullability)} {parameter.Name}{value}";
    }

    static string Name(Type type, NullabilityInfo? nullability)
    {
        var mark = !type.IsValueType && nullability is { ReadState: NullabilityState.Nullable } ? "?" : "";
        return Name(type) + mark;
    }

    static string Name(Type type, bool full = false)
    {
        if (type.IsGenericParameter)
            return type.Name;
        if (type.IsByRef)
            return "ref " + Name(type.GetElementType()!);
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Name(underlying) + "?";
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;
        var name = type.Name.Split('`')[0];
        if (type.IsNested)
            name = $"{Name(type.DeclaringType!)}.{name}";
        if (full && type.Namespace is { Length: > 0 } space && !type.IsNested)
            name = $"{space}.{name}";
        return name + Arguments(type.GetGenericArguments());
    }

    static string Constraints(Type[] arguments)
    {
        var text = "";
        foreach (var argument in arguments.Where(a => a.IsGenericParameter))
        {
            var attributes = argument.GenericParameterAttributes;
            var constraints = new List<string>();
            if ((attributes & GenericParameterAttributes.ReferenceTypeConstraint) != 0)
                constraints.Add("class");
            if ((attributes & GenericParameterAttributes.NotNullableValueTypeConstraint) != 0)
                constraints.Add("struct");
            constraints.AddRange(argument.GetGenericParameterConstraints().Where(c => c != typeof(ValueType)).Select(c => Name(c)));
            if ((attributes & GenericParameterAttributes.AllowByRefLike) != 0)
                constraints.Add("allows ref struct");
            if (constraints.Count > 0)
                text += $" where {argument.Name} : {string.Join(", ", constraints)}";
        }

        return text;
    }

    static string Arguments(Type[] arguments) => arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments.Select(a => Name(a)))}>";
}
