namespace PmOrleans.Simulator.Load;

/// <param name="Intended">Stopwatch timestamp at which it is meant to begin.</param>
internal readonly record struct Arrival(long Number, RequestKind Kind, long Intended);
