namespace ButlerRpc.Testing;

/// <summary>A simulated run failed. The message begins with the seed that replays it.</summary>
public sealed class SimulationException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Ends what is still blocked when the run is over.</summary>
sealed class SimulationEndedException() : Exception("the simulated run is over");
