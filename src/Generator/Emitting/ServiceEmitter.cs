using ButlerRpc.Generator.Model;

namespace ButlerRpc.Generator.Emitting;

/// <summary>The part of the interface that leads from <c>IFoo</c> to its contract.</summary>
static class ServiceEmitter
{
    public static string Emit(ServiceModel service)
    {
        var type = service.Type.FullyQualified;
        var writer = new CodeWriter();
        writer.WriteHeader();
        writer.OpenContainers(service.Type);
        writer.Open(
            $"""
            [global::ButlerRpc.Calls.ButlerContract<{type}>]
            partial interface {service.Type.Self.Identifier} : global::ButlerRpc.Calls.IButlerContract<{type}>
            """);
        writer.Line(
            $"""
            {CodeWriter.Hidden}
            {CodeWriter.GeneratedCode}
            static global::ButlerRpc.Calls.ButlerContract<{type}> global::ButlerRpc.Calls.IButlerContract<{type}>.Contract => ButlerContract.Instance;
            """);
        writer.Close();
        writer.CloseContainers(service.Type);
        return writer.ToString();
    }
}
