namespace PmOrleans.Simulator.Population;

/// <summary>When customers come, how often, and when they go for good.</summary>
public sealed class LifeOptions
{
    /// <summary>Share of the customers who first come during the run. Default 0.3.</summary>
    public double NewShare { get; set; } = .3;

    /// <summary>Mean days until a customer goes for good (exponential). Default 120.</summary>
    public double MeanLifetimeDays { get; set; } = 120;

    /// <summary>Shape of the gamma distribution of visit rates: the smaller, the more a few come for all. Default 0.8.</summary>
    public double RateShape { get; set; } = .8;

    /// <summary>How much more is visited in the busiest hour than in the quietest: 0 none, 1 nothing at night. Default 0.8.</summary>
    public double DayShape { get; set; } = .8;

    /// <summary>Share by which weekends are busier. Default 0.2.</summary>
    public double Weekend { get; set; } = .2;

    public List<Burst> Bursts { get; set; } = [];

    /// <summary>Share of visits that end in a purchase whatever was shown. Default 0.03.</summary>
    public double BuysAnyway { get; set; } = .03;

    /// <summary>Mean value of such a purchase, in the catalog's currency. Default 120.</summary>
    public double BasketValue { get; set; } = 120;

    /// <summary>Share of customers who use a mobile. Default 0.65.</summary>
    public double MobileShare { get; set; } = .65;

    public IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        Require(NewShare is >= 0 and <= 1, "newShare", NewShare, "0 to 1");
        Require(MeanLifetimeDays is > 0 and <= 100_000, "meanLifetimeDays", MeanLifetimeDays, "above 0, at most 100,000");
        Require(RateShape is >= .05 and <= 1000, "rateShape", RateShape, "0.05 to 1000");
        Require(DayShape is >= 0 and <= 1, "dayShape", DayShape, "0 to 1");
        Require(Weekend is > -1 and <= 10, "weekend", Weekend, "above -1, at most 10");
        Require(BuysAnyway is >= 0 and <= 1, "buysAnyway", BuysAnyway, "0 to 1");
        Require(BasketValue is > 0 and <= 1e9, "basketValue", BasketValue, "above 0");
        Require(MobileShare is >= 0 and <= 1, "mobileShare", MobileShare, "0 to 1");
        foreach (var burst in Bursts)
        {
            Require(burst.Factor is > 0 and <= 1000, "bursts.factor", burst.Factor, "above 0, at most 1000");
            Require(burst.Hours is > 0 and <= 9600, "bursts.hours", burst.Hours, "above 0, at most 9600");
        }

        return problems;

        void Require(bool holds, string name, double value, string allowed)
        {
            if (!holds)
            {
                problems.Add($"life.{name} is {value}; allowed is {allowed}");
            }
        }
    }
}
