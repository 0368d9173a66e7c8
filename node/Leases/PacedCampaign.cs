using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Pacing;
using PmOrleans.Node.Projections;

namespace PmOrleans.Node.Leases;

/// <summary>What steers one campaign's price on this node: a controller for the day's money, one for the flight's. Of two bounds each has a price, and spending costs both.</summary>
internal sealed class PacedCampaign(long fromMicros, CampaignLease lease)
{
    /// <summary>Of the dearest offer's cost: so many settlements weigh as much as what was believed before them.</summary>
    private const int BelievedCosts = 5;

    private readonly SettledShare _settledShare = new();
    private PaceState _day = PaceState.Initial;
    private PaceState _flight = PaceState.Initial;
    private Counts _counts = Counts.Of(lease);

    /// <summary>End of the last tick.</summary>
    public long From { get; private set; } = fromMicros;

    /// <summary>Opportunities expected on this node.</summary>
    public PaceForecast Forecast { get; private set; }

    /// <summary>Passes over a time in which the campaign could not be shown.</summary>
    public void Skip(long nowMicros, CampaignLease lease) => (From, _counts) = (nowMicros, Counts.Of(lease));

    /// <summary>One tick; the price after it, in score units per micro.</summary>
    public double Advance(
        Campaign campaign, Budget budget, CampaignLease lease, CatalogSnapshot catalog, long nowMicros, IAccounts accounts, PacingOptions options)
    {
        // Threads count without a lock: a count may even fall.
        var counts = Counts.Of(lease);
        var window = new PaceWindow(
            Math.Min(nowMicros - 1, Math.Max(From, campaign.StartMicros)),
            nowMicros,
            0,
            Math.Max(0, counts.Opportunities - _counts.Opportunities),
            Math.Max(0, counts.Spend - _counts.Spend),
            0,
            counts.Scores - _counts.Scores,
            Math.Max(0, counts.Costs - _counts.Costs));
        (From, _counts) = (nowMicros, counts);

        var share = ShareOfSettled(campaign, budget, lease, catalog, nowMicros);
        var heldPerSpend = lease.PacedSpendMicros > 0 ? Math.Max(1, lease.PacedHeldMicros / lease.PacedSpendMicros) : 1;
        var elsewhere = accounts.ForecastElsewhere(campaign.Number);
        _day = Next(
            _day, budget.DailyMicros, BudgetDay.Of(campaign, nowMicros), Math.Min(BudgetDays.EndOfDay(campaign.Zone, nowMicros), campaign.EndMicros), elsewhere.Day, elsewhere.DayPriced);
        _flight = Next(_flight, budget.TotalMicros, 0, campaign.EndMicros, elsewhere.Flight, elsewhere.FlightPriced);
        Forecast = new PaceForecast(_day.Remaining, _flight.Remaining, _day.Remaining * _day.Price, _flight.Remaining * _flight.Price);
        return _day.Price + _flight.Price;

        PaceState Next(PaceState state, long? budgetMicros, int day, long endsAt, double expectedElsewhere, double pricedElsewhere)
        {
            if (state.MeanScore == 0 && expectedElsewhere > 0)
            {
                // Whoever has seen nothing goes by what the others have found.
                state = state with { Price = pricedElsewhere / expectedElsewhere };
            }

            // Without an end there is nothing to pace towards.
            return budgetMicros is not { } bound || endsAt is long.MaxValue || endsAt <= nowMicros
                ? state with { Price = 0, Remaining = 0 }
                : PacePrice.Advance(state, window with { EndsAt = endsAt, BudgetLeftMicros = Left(bound, day), Elsewhere = expectedElsewhere }, options);
        }

        // The money that neither is spent nor will be by what was served, in what decisions are expected to spend.
        long Left(long bound, int day) => accounts.Read(fold =>
        {
            var account = fold.Ledgers.GetValueOrDefault(campaign.Number)?.Accounts.GetValueOrDefault(day);
            var left = ((bound - (account?.SettledMicros ?? 0)) / share) - ((account?.ReservedMicros ?? 0) / heldPerSpend);
            return (long)Math.Clamp(left, 0, 1e18);
        });
    }

    private double ShareOfSettled(Campaign campaign, Budget budget, CampaignLease lease, CatalogSnapshot catalog, long nowMicros)
    {
        if (budget.SettleOn == SettleOn.Decision)
        {
            return 1;
        }

        var delay = budget.SettleOn == SettleOn.Impression ? catalog.CapHold.Ticks / 10 : LongestGoalMicros(campaign, catalog);
        var dearest = campaign.Offers.Select(offer => offer.CostMicros).DefaultIfEmpty(0).Max();
        return _settledShare.At(nowMicros, delay, lease.PacedSpendMicros, lease.PacedSettledMicros, Math.Max(1, BelievedCosts * dearest));
    }

    /// <summary>The longest window of a policy that the campaign's offers may be decided by.</summary>
    private static long LongestGoalMicros(Campaign campaign, CatalogSnapshot catalog)
    {
        var longest = catalog.Experiments.SelectMany(experiment => experiment.Variants).Select(variant => variant.Policy?.Goal.WithinMicros ?? 0).DefaultIfEmpty(0).Max();
        foreach (var placement in campaign.Offers.SelectMany(offer => offer.PlacementIds))
        {
            longest = Math.Max(longest, catalog.PlacementById.GetValueOrDefault(placement)?.Policy.Goal.WithinMicros ?? 0);
        }

        return longest;
    }

    /// <summary>What the lease has counted at a moment.</summary>
    private readonly record struct Counts(long Opportunities, double Spend, double Scores, double Costs)
    {
        public static Counts Of(CampaignLease lease) => new(lease.Opportunities, lease.PacedSpendMicros, lease.ScoreSum, lease.CostSumMicros);
    }
}
