using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>The proxy: each method of the interface as a call on the invoker.</summary>
static class ProxyEmitter
{
    public static string Emit(ServiceModel service)
    {
        var writer = new CodeWriter();
        writer.OpenNested(service.Type, $"internal sealed class ButlerProxy : {service.Type.FullyQualified}, global::ButlerRpc.Calls.IButlerProxy", service.UsesForbidden);
        writer.Line(
            """
            readonly global::ButlerRpc.Calls.CallInvoker _invoker;

            internal ButlerProxy(global::ButlerRpc.Calls.CallInvoker invoker) => _invoker = invoker;

            global::ButlerRpc.Calls.CallInvoker global::ButlerRpc.Calls.IButlerProxy.Invoker => _invoker;
            """);
        foreach (var method in service.Methods)
        {
            writer.Line();
            Method(writer, method);
        }

        foreach (var member in service.Unbound)
        {
            writer.Line();
            Unbound(writer, member);
        }

        writer.CloseNested(service.Type);
        return writer.ToString();
    }

    // Members are implemented explicitly: no name in the contract can meet one of the proxy's own.
    static void Method(CodeWriter writer, MethodModel method)
    {
        var parameters = string.Join(", ", method.Parameters.Select(p => $"{p.Type} {Identifiers.Escape(p.Name)}"));
        writer.Line($"{method.ReturnType} {method.DeclaringType}.{Identifiers.Escape(method.Name)}({parameters}) =>");
        writer.Indent();
        writer.Line(Call(method) + ";");
        writer.Outdent();
    }

    static string Call(MethodModel method)
    {
        var request = method.BareMessage is { } message
            ? Identifiers.Escape(message.Name)
            : $"new {ValueCodecs.RequestType(method)}({string.Join(", ", method.Values.Select(p => Identifiers.Escape(p.Name)))})";
        var context = method.Parameters.LastOrDefault() is { Kind: ParameterKind.CancellationToken or ParameterKind.CallContext } last ? Identifiers.Escape(last.Name) : null;
        var arguments = $"ButlerMethods.{Identifiers.Escape(method.Identifier)}, {request}";
        var streams = string.Join(", ", method.Streams.Select(s => $"ButlerMethods.{MethodsEmitter.StreamField(method, s)}.With({Identifiers.Escape(s.Name)})"));
        if (method.Shape is MethodShape.Unary or MethodShape.OneWay)
            arguments += context is null ? "" : $", {context}";
        else
            arguments += $", [{streams}], {context ?? "default"}";

        return method switch
        {
            { Return: ReturnKind.Stream } => $"this._invoker.StreamAsync({arguments})",
            { Return: ReturnKind.Void } => $"this._invoker.Post({arguments})",
            { Shape: MethodShape.OneWay, Return: ReturnKind.ValueTask } => $"this._invoker.SendAsync({arguments})",
            { Shape: MethodShape.OneWay } => $"this._invoker.SendAsync({arguments}).AsTask()",
            { Shape: MethodShape.ClientStream, Return: ReturnKind.ValueTask } =>
                $"new global::System.Threading.Tasks.ValueTask(this._invoker.CallAsync({arguments}).AsTask())",
            { Shape: MethodShape.ClientStream, Return: ReturnKind.ValueTaskOfResult } => $"this._invoker.CallAsync({arguments})",
            { Shape: MethodShape.ClientStream } => $"this._invoker.CallAsync({arguments}).AsTask()",
            { Return: ReturnKind.ValueTask } => $"this._invoker.InvokeAsync({arguments})",
            { Return: ReturnKind.Task } => $"this._invoker.InvokeAsync({arguments}).AsTask()",
            { Return: ReturnKind.TaskOfResult } => $"this._invoker.CallAsync({arguments}).AsTask()",
            _ => $"this._invoker.CallAsync({arguments})",
        };
    }

    static void Unbound(CodeWriter writer, UnboundMember member)
    {
        var body = member.Body ?? "throw new global::System.NotSupportedException(\"this member cannot be called remotely\");";
        writer.Open(member.Declaration);
        if (member.Accessors.IsEmpty && body.Length > 0)
            writer.Line(body);
        foreach (var accessor in member.Accessors)
            writer.Line($"{accessor} {{ {body} }}");
        writer.Close();
    }
}
