using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Simulator.Truth;

/// <summary>What showing an offer is worth, in the catalog's currency.</summary>
public static class Worth
{
    /// <summary>True rate x value, less what it will cost.</summary>
    public static double Of(Offer offer, double rate) => (rate * offer.Value) - (offer.CostMicros / 1e6 * SpentShare(offer, rate));

    /// <summary>How likely the cost of an offer is to be spent once it is shown; 0 where no budget counts it.</summary>
    public static double SpentShare(Offer offer, double rate) => offer.Campaign.Budget?.SettleOn switch
    {
        SettleOn.Click or SettleOn.Conversion => rate,
        null => 0,
        _ => 1,
    };
}
