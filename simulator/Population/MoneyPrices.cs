using PmOrleans.Decisioning.Catalog;
using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Population;

/// <summary>
/// What a campaign's money was worth on each day, known afterwards: the prices at which spending wherever it pays keeps to the budgets. With them, each visit can be
/// decided by itself, and what no policy can expect to exceed is known.
/// </summary>
/// <remarks>
/// The Lagrangian dual of "maximise the sum of worth, each budget kept": for any prices of 0 or more, the sum over visits of the best worth less price x spend, and
/// price x budget over the accounts, is at least what any policy can expect (weak duality; Boyd and Vandenberghe 2004, section 5.2). The prices found here make it
/// small: one account after the other is priced by bisection until its spending keeps to its budget, a few times over all.
/// </remarks>
internal sealed class MoneyPrices
{
    private const int Sweeps = 6;
    private const int Halvings = 24;
    private readonly VisitSurvey _survey;
    private readonly double[] _prices;

    private MoneyPrices(VisitSurvey survey) => (_survey, _prices) = (survey, new double[survey.Accounts.Count]);

    /// <summary>Whether any budget is short.</summary>
    public bool IsAnyAbove0 => Array.Exists(_prices, price => price > 0);

    public static MoneyPrices Of(VisitSurvey survey)
    {
        var prices = new MoneyPrices(survey);
        prices.Solve();
        return prices;
    }

    /// <summary>Price of a campaign's money at a time.</summary>
    public double At(Campaign campaign, long atMicros) =>
        PriceOf(campaign.Budget?.DailyMicros is null ? -1 : _survey.Find(campaign, VisitSurvey.DayOf(campaign, atMicros))) + PriceOf(_survey.Find(campaign, 0));

    /// <summary>What no policy can expect to exceed, in the catalog's currency, and the standard error of having looked at a sample of the visits.</summary>
    public (double Worth, double StandardError) Bound()
    {
        double sum = 0, squares = 0;
        for (var visit = 0; visit < _survey.Kept; visit++)
        {
            var best = Best(_survey.OptionsOf(visit));
            var worth = best is { } option ? option.Worth - (PriceOf(option) * option.Spend) : 0;
            sum += worth;
            squares += worth * worth;
        }

        var kept = Math.Max(1, _survey.Kept);
        var scale = (double)_survey.Visits / kept;
        var variance = Math.Max(0, (squares / kept) - (sum / kept * (sum / kept)));
        return (
            (scale * sum) + _prices.Select((price, account) => price * _survey.Accounts[account].Budget).Sum(),
            scale * Math.Sqrt(kept * variance * (1 - (1 / scale))));
    }

    public BoundDocument ToDocument()
    {
        var (worth, error) = Bound();
        return new BoundDocument(worth, error, _survey.Visits, _survey.Kept, [.. _survey.Campaigns.Select(Summary).OfType<MoneyPriceDocument>()]);
    }

    private MoneyPriceDocument? Summary((string Campaign, bool IsDaily, IReadOnlyList<int> Accounts) of)
    {
        var above = of.Accounts.Select(PriceOf).Where(price => price > 0).ToList();
        return above.Count == 0 ? null : new MoneyPriceDocument(of.Campaign, of.IsDaily ? above.Count : 0, above.Min(), above.Average(), above.Max());
    }

    private void Solve()
    {
        var visitsOf = VisitsOf();
        var scale = (double)_survey.Visits / Math.Max(1, _survey.Kept);
        for (var sweep = 0; sweep < Sweeps; sweep++)
        {
            double moved = 0;
            for (var account = 0; account < _prices.Length; account++)
            {
                var before = _prices[account];
                Reprice(account, visitsOf[account], _survey.Accounts[account].Budget / scale);
                moved = Math.Max(moved, Math.Abs(_prices[account] - before) / (1 + before));
            }

            if (moved < 1e-3)
            {
                return;
            }
        }
    }

    /// <summary>The lowest price at which the account's spending keeps to the budget, all other prices as they are.</summary>
    private void Reprice(int account, List<int> visits, double budget)
    {
        _prices[account] = 0;
        if (Spending(account, visits) <= budget)
        {
            return;
        }

        double low = 0, high = HighestWorthOfSpend(account, visits);
        for (var i = 0; i < Halvings; i++)
        {
            _prices[account] = (low + high) / 2;
            (low, high) = Spending(account, visits) <= budget ? (low, _prices[account]) : (_prices[account], high);
        }

        _prices[account] = high;
    }

    private double Spending(int account, List<int> visits)
    {
        double spent = 0;
        foreach (var visit in visits)
        {
            if (Best(_survey.OptionsOf(visit)) is { } option && (option.Daily == account || option.Total == account))
            {
                spent += option.Spend;
            }
        }

        return spent;
    }

    /// <summary>Above this price nothing is bought.</summary>
    private double HighestWorthOfSpend(int account, List<int> visits)
    {
        double highest = 0;
        foreach (var visit in visits)
        {
            foreach (var option in _survey.OptionsOf(visit))
            {
                if ((option.Daily == account || option.Total == account) && option.Spend > 0)
                {
                    highest = Math.Max(highest, option.Worth / option.Spend);
                }
            }
        }

        return highest;
    }

    private SurveyedOption? Best(ReadOnlySpan<SurveyedOption> options)
    {
        var best = -1;
        double most = 0;
        for (var i = 0; i < options.Length; i++)
        {
            var worth = options[i].Worth - (PriceOf(options[i]) * options[i].Spend);
            if (worth > most)
            {
                (best, most) = (i, worth);
            }
        }

        return best < 0 ? null : options[best];
    }

    private double PriceOf(in SurveyedOption option) => PriceOf(option.Daily) + PriceOf(option.Total);

    private double PriceOf(int account) => account < 0 ? 0 : _prices[account];

    private List<int>[] VisitsOf()
    {
        var visits = new List<int>[_prices.Length];
        for (var account = 0; account < visits.Length; account++)
        {
            visits[account] = [];
        }

        for (var visit = 0; visit < _survey.Kept; visit++)
        {
            foreach (var option in _survey.OptionsOf(visit))
            {
                Add(option.Daily, visit);
                Add(option.Total, visit);
            }
        }

        return visits;

        void Add(int account, int visit)
        {
            if (account >= 0 && (visits[account].Count == 0 || visits[account][^1] != visit))
            {
                visits[account].Add(visit);
            }
        }
    }
}
