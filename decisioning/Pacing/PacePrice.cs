namespace PmOrleans.Decisioning.Pacing;

/// <summary>The price that spreads a budget over a flight: a dual variable, stepped once per controller tick.</summary>
/// <remarks>
/// Serving an offer when v - mu c > 0 with mu the multiplier of the budget constraint is the optimum of the knapsack; mu is learned by
/// mu := [mu - eta (rho n - spend)]+ (Balseiro and Gur, "Learning in repeated auctions with budgets", Management Science 2019), with
/// values and costs scaled to a mean of 1. Where the paper has rho = budget / opportunities, fixed in advance, rho here is the budget left
/// over the opportunities expected to be left, here and elsewhere, and so forgives wrong forecasts. The hard stop at the budget is the leases'.
/// </remarks>
public static class PacePrice
{
    /// <summary>
    /// How much scaled spend per opportunity reacts to the scaled price, a round number (log-normal values near one fifth served: .2; uniform
    /// ones: .5). A tick of many opportunities is one implicit step, step / (1 + step x this), instead of one so long that the price swings.
    /// </summary>
    private const double Response = .5;

    /// <summary>No more than this many mean costs per opportunity is ever wanted: near the end the budget left over nothing left is infinite.</summary>
    private const double HighestRate = 2;

    /// <summary>Opportunities over which mean score and cost are smoothed.</summary>
    private const double MeanMemory = 10_000;

    /// <summary>The state after one tick.</summary>
    /// <param name="state">The state before it.</param>
    /// <param name="window">What happened in it. A window that ends at or before <see cref="PaceState.At"/> is a repeat: the state is returned as it is.</param>
    /// <param name="options">Knobs; assumed valid.</param>
    /// <exception cref="ArgumentException">The window ends before it begins, or a sum is negative or not finite.</exception>
    public static PaceState Advance(PaceState state, in PaceWindow window, PacingOptions options)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(options);
        Check(window);
        if (window.To <= state.At) return state;

        // A window that overlaps the last one would count its traffic twice per time; the sums are taken as of what is new.
        var watched = window.From > state.At ? state.Traffic.Interrupted() : state.Traffic;
        var traffic = watched.Advance(Math.Max(window.From, state.At), window.To, window.Opportunities, options);
        double remaining = traffic.Forecast(window.To, window.EndsAt);
        var next = state with { At = window.To, Traffic = traffic, Remaining = remaining };
        if (window.Opportunities == 0) return next;

        double weight = Math.Min(state.MeanWeight, MeanMemory);
        double total = weight + window.Opportunities;
        double meanScore = (state.MeanScore * weight + Math.Max(0, window.ScoreSum)) / total;
        double meanCost = (state.MeanCostMicros * weight + window.CostSumMicros) / total;
        next = next with { MeanScore = meanScore, MeanCostMicros = meanCost, MeanWeight = Math.Min(total, MeanMemory) };
        if (!(meanScore > 0) || !(meanCost > 0)) return next; // nothing to sell or nothing to pay: no price

        double rate = Math.Min(HighestRate, Math.Max(0, window.BudgetLeftMicros) / Math.Max(1, remaining + window.Elsewhere) / meanCost);
        double spent = window.SpendMicros / meanCost / window.Opportunities;
        double step = options.Eta * window.Opportunities;
        double change = step / (1 + step * Response) * (rate - spent) * (meanScore / meanCost);
        return next with { Price = Math.Max(0, state.Price - change) };
    }

    private static void Check(in PaceWindow window)
    {
        if (window.To <= window.From) throw new ArgumentException("the window must end after it begins", nameof(window));
        if (window.Opportunities < 0 || window.SpendMicros < 0) throw new ArgumentException("opportunities and spend cannot be negative", nameof(window));
        if (!double.IsFinite(window.ScoreSum) || !double.IsFinite(window.SpendMicros) || !double.IsFinite(window.CostSumMicros) || window.CostSumMicros < 0)
            throw new ArgumentException("sums of score, spend and cost must be finite, cost not negative", nameof(window));
        if (!double.IsFinite(window.Elsewhere) || window.Elsewhere < 0) throw new ArgumentException("what is expected elsewhere must be finite and not negative", nameof(window));
    }
}
