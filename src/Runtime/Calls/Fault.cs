using ButlerRpc.Calls;
using ButlerRpc.Codec;
using ButlerRpc.Diagnostics;

namespace ButlerRpc
{
    /// <summary>A failure that the contract declares with <see cref="ThrowsAttribute{TFault}"/>: a handler throws it, the caller catches it with its data.</summary>
    /// <typeparam name="TFault">A message with a Code.</typeparam>
    public sealed class ButlerFaultException<TFault> : ButlerException
    {
        /// <summary>A fault.</summary>
        /// <param name="fault">What the caller is told.</param>
        /// <param name="message">For people. Default: the fault's own text.</param>
        /// <param name="status">Default: FailedPrecondition.</param>
        public ButlerFaultException(TFault fault, string? message = null, ButlerStatus status = ButlerStatus.FailedPrecondition)
            : base(status, message ?? fault?.ToString() ?? typeof(TFault).Name)
        {
            Fault = fault;
        }

        internal ButlerFaultException(TFault fault, ButlerException error)
            : base(error.Status, error.Message, error.Certainty, error.Reason)
        {
            Fault = fault;
            ErrorId = error.ErrorId;
        }

        /// <summary>What the callee says of it.</summary>
        public TFault Fault { get; }
    }
}

namespace ButlerRpc.Calls
{
    /// <summary>A typed failure that a method may end with. Generated.</summary>
    public abstract class Fault
    {
        private protected Fault()
        {
        }

        /// <summary>The code of the message that it carries.</summary>
        public abstract int Code { get; }

        /// <summary>Writes the fault's data, if the failure is this fault.</summary>
        internal abstract bool TryWrite(Exception failure, WriteBuffer buffer);

        /// <summary>The failure with its data.</summary>
        internal abstract ButlerException Read(ButlerException error, ReadOnlySpan<byte> body);
    }

    /// <summary>A typed failure of <typeparamref name="TFault"/>.</summary>
    public sealed class Fault<TFault>(MessageCodec<TFault> codec) : Fault
    {
        /// <inheritdoc/>
        public override int Code => codec.Code;

        internal override bool TryWrite(Exception failure, WriteBuffer buffer)
        {
            if (failure is not ButlerFaultException<TFault> { Fault: var fault })
                return false;
            var writer = new MessagePackWriter(buffer);
            codec.Write(ref writer, in fault);
            writer.Flush();
            return true;
        }

        internal override ButlerException Read(ButlerException error, ReadOnlySpan<byte> body)
        {
            try
            {
                var reader = new MessagePackReader(body);
                var fault = codec.Read(ref reader);
                reader.EnsureEnd();
                return new ButlerFaultException<TFault>(fault, error);
            }
            catch (Exception e)
            {
                return new ButlerException(
                    error.Status, $"{error.Message} (its fault, a {typeof(TFault).Name}, cannot be decoded: {PeerText.Reason(e.Message)})", error.Certainty, ButlerReason.BadMessage, e);
            }
        }
    }
}
