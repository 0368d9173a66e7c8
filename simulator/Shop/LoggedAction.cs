namespace PmOrleans.Simulator.Shop;

/// <param name="Propensity">With which the other system showed it, in (0, 1].</param>
public sealed record LoggedAction(string OfferId, double Propensity, bool Clicked);
