namespace PmOrleans.Simulator.Runs;

/// <summary>A campaign's money, in the catalog's currency.</summary>
/// <param name="Spent">Ever, over all its offers.</param>
/// <param name="Total">Settled and reserved of the whole budget; <c>null</c> without one.</param>
/// <param name="Today">Settled and reserved of the day's budget; <c>null</c> without one.</param>
/// <param name="Price">Shadow price of the money.</param>
internal readonly record struct SeenCampaign(string Id, double Spent, SeenAccount? Total, SeenAccount? Today, double Price);

internal readonly record struct SeenAccount(double Settled, double Reserved);
