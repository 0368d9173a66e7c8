using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Time;
using PmOrleans.Simulator.Shop;
using PmOrleans.Simulator.Truth;

namespace PmOrleans.Simulator.Population;

/// <summary>
/// What could have been shown at the visits of a run if caps and budgets had been no hindrance, with what each would truly have been worth and have spent: enough
/// to say afterwards what money was worth. One thread.
/// </summary>
internal sealed class VisitSurvey(CatalogSnapshot catalog, TasteModel truth, long expectedVisits)
{
    /// <summary>Of more visits every second, third … is kept.</summary>
    private const long MostKept = 250_000;

    private readonly long _every = Math.Max(1, (expectedVisits + MostKept - 1) / MostKept);
    private readonly Dictionary<(int Campaign, int Day), int> _accountOf = [];
    private readonly List<SurveyedAccount> _accounts = [];
    private readonly List<SurveyedOption> _options = [];
    private readonly List<int> _ends = [];

    /// <summary>Visits seen.</summary>
    public long Visits { get; private set; }

    /// <summary>Visits kept.</summary>
    public int Kept => _ends.Count;

    /// <summary>Budgets, each of a campaign and day, or of a campaign's whole flight.</summary>
    public IReadOnlyList<SurveyedAccount> Accounts => _accounts;

    /// <summary>What could have been shown at a visit that was kept.</summary>
    public ReadOnlySpan<SurveyedOption> OptionsOf(int kept)
    {
        var from = kept == 0 ? 0 : _ends[kept - 1];
        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_options)[from.._ends[kept]];
    }

    /// <summary>Numbers of the accounts of each campaign: those of its days together, that of its flight by itself.</summary>
    public IEnumerable<(string Campaign, bool IsDaily, IReadOnlyList<int> Accounts)> Campaigns => _accountOf
        .GroupBy(entry => (entry.Key.Campaign, IsDaily: entry.Key.Day != 0))
        .OrderBy(group => group.Key)
        .Select(group => (catalog.Campaigns[group.Key.Campaign].Id, group.Key.IsDaily, (IReadOnlyList<int>)[.. group.Select(entry => entry.Value)]));

    public void Add(Visit visit, IEnumerable<CandidateAnswer> candidates)
    {
        if (Visits++ % _every != 0)
        {
            return;
        }

        foreach (var candidate in candidates)
        {
            if (!IsHeldBackOnly(candidate.Reason))
            {
                continue;
            }

            var offer = catalog.OfferById[candidate.OfferId];
            var rate = truth.ClickRate(visit.Customer, offer, visit.AtMicros);
            var budget = offer.Campaign.Budget;
            _options.Add(new SurveyedOption(
                (float)truth.WorthOf(visit.Customer, offer, visit.AtMicros, rate),
                (float)truth.SpendOf(visit.Customer, offer, visit.AtMicros, rate),
                budget?.DailyMicros is { } daily ? AccountOf(offer.Campaign, DayOf(offer.Campaign, visit.AtMicros), daily) : -1,
                budget?.TotalMicros is { } total ? AccountOf(offer.Campaign, 0, total) : -1));
        }

        _ends.Add(_options.Count);
    }

    /// <summary>The account's number, or -1.</summary>
    public int Find(Campaign campaign, int day) => _accountOf.GetValueOrDefault((campaign.Ordinal, day), -1);

    /// <summary>Days since year 1 where the campaign's budget days begin; never 0.</summary>
    public static int DayOf(Campaign campaign, long atMicros) =>
        1 + DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(Micros.ToTime(atMicros), campaign.Zone).DateTime).DayNumber;

    /// <summary>Whether nothing but a limit that a better choice before could have kept open stood in the way.</summary>
    private static bool IsHeldBackOnly(RemovalReason reason) => reason is RemovalReason.None or RemovalReason.Cap or RemovalReason.ContactBudget
        or RemovalReason.BudgetExhausted or RemovalReason.LeasePending or RemovalReason.Pacing or RemovalReason.Suppressed;

    private int AccountOf(Campaign campaign, int day, long budgetMicros)
    {
        if (!_accountOf.TryGetValue((campaign.Ordinal, day), out var number))
        {
            _accountOf.Add((campaign.Ordinal, day), number = _accounts.Count);
            _accounts.Add(new SurveyedAccount(budgetMicros / 1e6));
        }

        return number;
    }
}

/// <summary>An offer that could have been shown at a visit, in the catalog's currency.</summary>
/// <param name="Worth">True rate x value, less what it spends.</param>
/// <param name="Spend">Of its campaign's money, on average.</param>
/// <param name="Daily">The account of the day that it charges, or -1.</param>
/// <param name="Total">The account of the whole flight, or -1.</param>
internal readonly record struct SurveyedOption(float Worth, float Spend, int Daily, int Total);

/// <param name="Budget">In the catalog's currency.</param>
internal readonly record struct SurveyedAccount(double Budget);
