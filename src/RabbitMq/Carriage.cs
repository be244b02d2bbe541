using ButlerRpc.Calls;

namespace ButlerRpc.RabbitMq;

/// <summary>What can be carried by queues: one message to somebody, one message back.</summary>
static class Carriage
{
    /// <exception cref="NotSupportedException">A method or the callback cannot be carried.</exception>
    public static void Admit(string service, IEnumerable<Method> methods, Type? callback)
    {
        foreach (var method in methods)
        {
            if (method.HasStreams)
            {
                throw new NotSupportedException(
                    $"{method.FullName} {What(method.Shape)}, which RabbitMQ cannot carry: a queue holds single messages. Use a broker of butler://…, a direct client, or a method that gives pages.");
            }
        }

        if (callback is not null)
        {
            throw new NotSupportedException(
                $"{service} calls back on {callback.FullName}, which RabbitMQ cannot carry: a provider cannot reach the consumer that called it. Use a direct client, or a channel of its own for the way back.");
        }
    }

    static string What(MethodShape shape) => shape switch
    {
        MethodShape.ServerStream => "returns a stream",
        MethodShape.ClientStream => "takes a stream",
        _ => "takes and returns streams",
    };
}
