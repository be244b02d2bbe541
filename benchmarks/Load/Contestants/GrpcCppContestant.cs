using System.Globalization;
using ButlerRpc.Benchmarks.Load.Roles;

namespace ButlerRpc.Benchmarks.Load.Contestants;

/// <summary>gRPC's C++ implementation, in a small program of its own (<c>benchmarks/Grpc</c>) that speaks as this program's roles do.</summary>
sealed class GrpcCppContestant : Contestant
{
    // benchmarks/Grpc/build.sh puts it there; this program lies in benchmarks/Load/bin/<configuration>/<framework>.
    static readonly string Program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "Grpc", "bin", "grpc-load"));

    public override string Name => "grpc-cpp";

    public override string Configuration =>
        "gRPC C++ as Debian packages it, -O2, insecure channels, one per session. Unary: callback API on both sides, 5 s deadline on every call, fixed64 fields. " +
        "Server stream: one thread and one synchronous reader for each, written by a synchronous handler";

    public override string? Missing =>
        File.Exists(Program) ? null : "its program was not built (Debian: g++ pkg-config libgrpc++-dev libprotobuf-dev protobuf-compiler-grpc; benchmarks/run.sh builds it where they are installed)";

    public override bool Runs(Workload workload) => base.Runs(workload) || workload.Kind == WorkloadKind.ServerStream;

    public override ChildProcess StartServer(Workload workload) => ChildProcess.StartProgram(Program, "server");

    public override ChildProcess StartClient(Workload workload, int port) => ChildProcess.StartProgram(
        Program, "client", workload.Kind.ToString().ToLowerInvariant(), Number(workload.PayloadBytes), Number(workload.Callers), Number(workload.Sessions), Number(port));

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
