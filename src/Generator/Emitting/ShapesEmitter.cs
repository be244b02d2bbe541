using System.Globalization;
using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>The shapes of the methods: what two sides compare when they meet.</summary>
static class ShapesEmitter
{
    const string Holder = "ButlerShapes";

    public static string Emit(ServiceShapes shapes)
    {
        var writer = new CodeWriter();
        writer.OpenNested(shapes.Type, $"internal static class {Holder}");
        for (var i = 0; i < shapes.Methods.Count; i++)
        {
            if (i > 0)
                writer.Line();
            Method(writer, shapes.Methods[i]);
        }

        writer.CloseNested(shapes.Type);
        return writer.ToString();
    }

    public static string Hash(MethodModel method) => $"{Holder}.{method.Identifier}_Hash";

    public static string Lines(MethodModel method) => $"{Holder}.{method.Identifier}_Lines";

    static void Method(CodeWriter writer, MethodShapeModel method)
    {
        var hash = StableHash.Of64(string.Join("\n", method.Lines)).ToString("X16", CultureInfo.InvariantCulture);
        writer.Line($"public const ulong {method.Identifier}_Hash = 0x{hash};\n");
        writer.Open($"public static readonly string[] {method.Identifier}_Lines =");
        foreach (var line in method.Lines)
            writer.Line($"{Identifiers.Literal(line)},");
        writer.Close(";");
    }
}
