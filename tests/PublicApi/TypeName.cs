using System.Reflection;

namespace ButlerRpc.PublicApi.Tests;

/// <summary>Types as C# writes them, with the nullability that a member declares.</summary>
static class TypeName
{
    static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(char)] = "char",
        [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short", [typeof(ushort)] = "ushort", [typeof(int)] = "int", [typeof(uint)] = "uint",
        [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(float)] = "float", [typeof(double)] = "double", [typeof(decimal)] = "decimal",
    };

    static readonly NullabilityInfoContext Nullability = new();

    public static string Of(ParameterInfo parameter) => Of(parameter.ParameterType, Nullability.Create(parameter));

    public static string Of(PropertyInfo property) => Of(property.PropertyType, Nullability.Create(property));

    public static string Of(FieldInfo field) => Of(field.FieldType, Nullability.Create(field));

    public static string Of(Type type) => Of(type, null);

    /// <summary>With its type parameters and their variance, as where it is declared.</summary>
    public static string Declared(Type type)
    {
        var own = type.IsNested ? $"{Declared(type.DeclaringType!)}." : "";
        var outer = type.DeclaringType?.GetGenericArguments().Length ?? 0;
        var arguments = type.GetGenericArguments().Skip(outer).Select(Variance).ToArray();
        return $"{own}{type.Name.Split('`')[0]}{(arguments.Length > 0 ? $"<{string.Join(", ", arguments)}>" : "")}";
    }

    /// <summary>The <c>where</c> clauses of type parameters.</summary>
    public static string Constraints(Type[] parameters) => string.Concat(parameters.Where(p => p.IsGenericParameter).Select(Constraint));

    static string Variance(Type parameter) => (parameter.GenericParameterAttributes & GenericParameterAttributes.VarianceMask) switch
    {
        GenericParameterAttributes.Covariant => $"out {parameter.Name}",
        GenericParameterAttributes.Contravariant => $"in {parameter.Name}",
        _ => parameter.Name,
    };

    static string Constraint(Type parameter)
    {
        var attributes = parameter.GenericParameterAttributes;
        var isStruct = attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        var words = parameter.GetGenericParameterConstraints().Where(c => c != typeof(ValueType)).Select(Of).ToList();
        if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            words.Insert(0, "class");
        if (isStruct)
            words.Insert(0, "struct");
        if (attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isStruct)
            words.Add("new()");
        return words.Count == 0 ? "" : $" where {parameter.Name} : {string.Join(", ", words)}";
    }

    static string Of(Type type, NullabilityInfo? nullability)
    {
        if (type.IsByRef)
            return Of(type.GetElementType()!, nullability?.ElementType ?? nullability);
        if (type.IsArray)
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[{new string(',', type.GetArrayRank() - 1)}]{Mark(type, nullability)}";
        if (type.IsPointer)
            return $"{Of(type.GetElementType()!)}*";
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return $"{Of(underlying)}?";
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword + Mark(type, nullability);
        if (!type.IsGenericType)
            return (type.IsNested && !type.IsGenericParameter ? $"{Of(type.DeclaringType!)}.{type.Name}" : type.Name) + Mark(type, nullability);

        var arguments = type.GetGenericArguments();
        var known = nullability?.GenericTypeArguments;
        var written = arguments.Select((argument, index) => Of(argument, known is { } list && index < list.Length ? list[index] : null)).ToArray();
        if (type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true)
            return $"({string.Join(", ", written)})";
        var name = type.IsNested ? $"{type.DeclaringType!.Name.Split('`')[0]}.{type.Name.Split('`')[0]}" : type.Name.Split('`')[0];
        return $"{name}<{string.Join(", ", written)}>{Mark(type, nullability)}";
    }

    static string Mark(Type type, NullabilityInfo? nullability) => !type.IsValueType && nullability?.ReadState == NullabilityState.Nullable ? "?" : "";
}
