namespace PmOrleans.Simulator.Runs;

/// <summary>What a customer is in and has used up.</summary>
internal sealed record SeenCustomer(IReadOnlyList<string> Segments, IReadOnlyList<SeenCap> Caps);

/// <param name="Used">Counted in the window and reserved beside it.</param>
internal readonly record struct SeenCap(string Id, string Event, int Limit, int Used);
