using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Simulator.Shop;

/// <summary>A customer comes by: one decision is asked for, then come the touchpoints that the visit brings of itself.</summary>
/// <param name="Number">Of the visit in the run, from 0; its draws hang on it.</param>
/// <param name="Customer">Dense number, from 0, in the order in which customers first come.</param>
/// <param name="AtMicros">When the decision is asked for.</param>
/// <param name="Before">Touchpoints that come with the request, applied first.</param>
/// <param name="After">Touchpoints that come later in the visit, together, at their own time; empty: none.</param>
/// <param name="Logged">What another system showed at this visit, if known.</param>
public sealed record Visit(
    long Number, int Customer, string CustomerId, long AtMicros, Touchpoint[] Before, Touchpoint[] After, Property[] Context, LoggedAction? Logged = null);
