namespace PmOrleans.Simulator.Truth;

/// <summary>The declared model behind every response: what customers like, which the engine never sees.</summary>
public sealed class TasteOptions
{
    /// <summary>Hidden dimensions of taste, 1 to 32. Default 6.</summary>
    public int Dimensions { get; set; } = 6;

    /// <summary>How far tastes differ between customers: standard deviation of the personal part of a click's logit. Default 0.8.</summary>
    public double Strength { get; set; } = .8;

    /// <summary>Rate of clicks of an average offer with an average customer, above 0, below 1. Default 0.04.</summary>
    public double BaseRate { get; set; } = .04;

    /// <summary>How far offers differ for everybody: standard deviation of their logits. Default 0.6.</summary>
    public double Spread { get; set; } = .6;

    /// <summary>How strongly the price of an offer (its value, against the catalog's mean) holds customers back, on average. Default 0.3.</summary>
    public double PriceSensitivity { get; set; } = .3;

    /// <summary>How far the year moves a category up and down, in logits; each category has its own peak. Default 0.3.</summary>
    public double Season { get; set; } = .3;

    /// <summary>How far an offer's appeal wanders in a week: standard deviation of a random walk, in logits. Default 0.</summary>
    public double DriftPerWeek { get; set; }

    /// <summary>What happens to offers all at once.</summary>
    public List<Shock> Shocks { get; set; } = [];

    /// <summary>Of those who click: share that buys, for an average offer and customer. Default 0.15.</summary>
    public double BuyRate { get; set; } = .15;

    /// <summary>Of those who see an offer and do not click: share that dismisses it. Default 0.005.</summary>
    public double DismissRate { get; set; } = .005;

    /// <summary>All that is wrong with these options, each with its value and what is allowed.</summary>
    public IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        Require(Dimensions is >= 1 and <= 32, "dimensions", Dimensions, "1 to 32");
        Require(Strength is >= 0 and <= 10, "strength", Strength, "0 to 10");
        Require(BaseRate is > 0 and < 1, "baseRate", BaseRate, "above 0 and below 1");
        Require(Spread is >= 0 and <= 10, "spread", Spread, "0 to 10");
        Require(PriceSensitivity is >= 0 and <= 10, "priceSensitivity", PriceSensitivity, "0 to 10");
        Require(Season is >= 0 and <= 10, "season", Season, "0 to 10");
        Require(DriftPerWeek is >= 0 and <= 10, "driftPerWeek", DriftPerWeek, "0 to 10");
        Require(BuyRate is > 0 and < 1, "buyRate", BuyRate, "above 0 and below 1");
        Require(DismissRate is >= 0 and < 1, "dismissRate", DismissRate, "0 to below 1");
        return problems;

        void Require(bool holds, string name, double value, string allowed)
        {
            if (!holds)
            {
                problems.Add($"tastes.{name} is {value}; allowed is {allowed}");
            }
        }
    }
}
