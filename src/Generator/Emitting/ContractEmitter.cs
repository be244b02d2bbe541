using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>The contract: what makes the proxy, lists the methods and binds an implementation to them.</summary>
static class ContractEmitter
{
    public static string Emit(ServiceModel service)
    {
        var type = service.Type.FullyQualified;
        var writer = new CodeWriter();
        writer.OpenNested(service.Type, $"internal sealed class ButlerContract : global::ButlerRpc.Calls.ButlerContract<{type}>", service.UsesForbidden);
        writer.Line(
            $"""
            public static readonly ButlerContract Instance = new();

            public override string Name => {Identifiers.Literal(service.Name)};

            public override global::System.Collections.Generic.IReadOnlyList<global::ButlerRpc.Calls.Method> Methods => ButlerMethods.All;

            """);
        if (service.Callback is not null)
        {
            writer.Line($"public override global::System.Type Callback => typeof({service.Callback});");
            writer.Line();
        }

        writer.Line(
            $"""
            public override {type} CreateProxy(global::ButlerRpc.Calls.CallInvoker invoker) => new ButlerProxy(invoker);

            """);
        writer.Open($"public override void Bind(global::ButlerRpc.Calls.ServiceBinder<{type}> binder)");
        foreach (var method in service.Methods)
            Bind(writer, service, method);
        writer.Close();
        writer.CloseNested(service.Type);
        return writer.ToString();
    }

    static void Bind(CodeWriter writer, ServiceModel service, MethodModel method)
    {
        var streams = method.Shape is MethodShape.ClientStream or MethodShape.Duplex ? ", streams" : "";
        var call = Call(service, method);
        var (modifier, body) = method switch
        {
            { Return: ReturnKind.Void } => ("static ", $"{{ {call}; return default; }}"),
            { Return: ReturnKind.Task, Shape: not MethodShape.ClientStream } => ("static ", $"new global::System.Threading.Tasks.ValueTask({call})"),
            { Return: ReturnKind.Task or ReturnKind.ValueTask, Shape: MethodShape.ClientStream } => ("static async ", $"{{ await {call}; return default; }}"),
            { Return: ReturnKind.TaskOfResult } => ("static ", $"new global::System.Threading.Tasks.ValueTask<{method.Result!.Type}>({call})"),
            _ => ("static ", call),
        };
        writer.Line($"binder.{method.Shape}(ButlerMethods.{Identifiers.Escape(method.Identifier)}, {modifier}(service, request{streams}, context) => {body});");
    }

    static string Call(ServiceModel service, MethodModel method)
    {
        var target = method.DeclaringType == service.Type.FullyQualified ? "service" : $"(({method.DeclaringType})service)";
        var bare = method.BareMessage;
        var arguments = method.Parameters.Select(p => p.Kind switch
        {
            ParameterKind.CancellationToken => "context.CancellationToken",
            ParameterKind.CallContext => "context",
            ParameterKind.Stream => $"streams.Of(ButlerMethods.{MethodsEmitter.StreamField(method, p)})",
            _ => ReferenceEquals(p, bare) ? "request" : $"request.{ArgumentsEmitter.Field(p.Name)}",
        });
        return $"{target}.{Identifiers.Escape(method.Name)}({string.Join(", ", arguments)})";
    }
}
