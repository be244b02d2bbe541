using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;
using ButlerRpc.Framing;
using Microsoft.Extensions.Logging;

namespace ButlerRpc.RabbitMq.Wire;

/// <summary>The body of an answer that is an error: the same bytes that ERROR has on the native wire.</summary>
static class ErrorBytes
{
    public static byte[] Of(ButlerException error, ButlerCertainty certainty, IReadOnlyList<Fault> faults, ILogger logger)
    {
        using var buffer = new WriteBuffer();
        try
        {
            ErrorPayload.Write(buffer, error, certainty, faults);
        }
        catch (Exception e)
        {
            // A fault's codec is the user's; status and message go all the same.
            Log.HandlerFailed(logger, e, error.GetType().Name, error.ErrorId);
            buffer.Truncate(0);
            ErrorPayload.Write(buffer, error, certainty, faults: []);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
