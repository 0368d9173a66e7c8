using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Node.Verification;

/// <summary>
/// The money of every campaign counted again in log order: what is out (settled, reserved, leased) never rises above the budget of the time, and no
/// lease goes below zero. Keeps a few numbers for each campaign and day.
/// </summary>
internal sealed class MoneyRecount(PublishedCatalogs catalogs, FindingList findings)
{
    /// <summary>
    /// A record queued under one version may be written after the next was published; both budgets are right for it. Longer than the
    /// longest wait for the log that requests are let in for.
    /// </summary>
    private const long InFlightMicros = 10_000_000;

    private readonly Dictionary<(int Campaign, int Day), Account> _accounts = [];
    private readonly Dictionary<(int Campaign, int Offer), long[]> _offers = [];
    private int _published;

    public void Apply(long sequence, long epoch, long atMicros, Fact fact)
    {
        switch (fact)
        {
            case PublishedFact published:
                _published = published.Version;
                break;
            case DecisionFact decision:
                var version = catalogs.Version(decision.CatalogVersion);
                foreach (var offer in decision.Placements.SelectMany(placement => placement.Offers).Where(offer => !offer.IsFallback))
                {
                    Tally(offer.Campaign, offer.Offer, decisions: 1, settled: offer.SettledMicros);
                    var taken = offer.ReservedMicros + offer.SettledMicros;
                    Move(sequence, epoch, offer.Campaign, offer.BudgetDay, offer.ChargesTotal, -taken, offer.ReservedMicros, offer.SettledMicros, 0, version is null ? [] : [version]);
                }

                break;
            case OutcomeFact outcome:
                Tally(
                    outcome.Campaign,
                    outcome.Offer,
                    impressions: outcome.Event == OutcomeEvent.Impression ? 1 : 0,
                    clicks: outcome.Event == OutcomeEvent.Click ? 1 : 0,
                    conversions: outcome.Event == OutcomeEvent.Conversion ? 1 : 0,
                    rewards: outcome.Reward == 1 ? 1 : 0,
                    settled: outcome.SettledMicros,
                    value: outcome.ValueMicros);
                Move(
                    sequence,
                    epoch,
                    outcome.Campaign,
                    outcome.BudgetDay,
                    outcome.ChargesTotal,
                    outcome.ReleasedMicros - (outcome.SettledMicros - outcome.FromReserveMicros),
                    -(outcome.FromReserveMicros + outcome.ReleasedMicros),
                    outcome.SettledMicros,
                    outcome.UnbilledMicros,
                    LiveAt(atMicros));
                break;
            case LeaseGrantedFact granted:
                if (granted.HolderEpoch != epoch || granted.AmountMicros <= 0)
                {
                    findings.Add(FindingKind.MoneyUnbacked, $"record {sequence} grant", $"money for epoch {epoch}", $"{granted.AmountMicros} for epoch {granted.HolderEpoch}");
                }

                Post(sequence, granted.Campaign, granted.Day, granted.HolderEpoch, granted.AmountMicros, 0, 0, 0, LiveAt(atMicros));
                break;
            case LeaseReturnedFact returned:
                Post(
                    sequence, returned.Campaign, returned.Day, returned.HolderEpoch, -returned.AmountMicros, 0, returned.WrittenOff ? returned.AmountMicros : 0, 0, []);
                break;
        }
    }

    /// <summary>Takes up where a cut log begins.</summary>
    public void Begin(byte[] ledgers)
    {
        foreach (var (campaign, ledger) in Read(ledgers))
        {
            foreach (var (day, stands) in ledger.Accounts)
            {
                var account = _accounts[(campaign, day)] = new Account { Leased = stands.LeasedMicros, Reserved = stands.ReservedMicros, Settled = stands.SettledMicros, Unbilled = stands.UnbilledMicros };
                foreach (var (epoch, leased) in stands.LeasedByEpoch)
                {
                    account.LeasedByEpoch[epoch] = leased;
                }
            }

            foreach (var (offer, tally) in ledger.Offers)
            {
                _offers[(campaign, offer)] = [tally.Decisions, tally.Impressions, tally.Clicks, tally.Conversions, tally.Rewards, tally.SettledMicros, tally.ValueMicros];
            }
        }
    }

    /// <summary>Compares what the projection saved; called when the recount stands at its watermark.</summary>
    public void Compare(byte[] saved) => Compare(Read(saved), findings);

    private static List<KeyValuePair<int, CampaignLedger>> Read(byte[] saved)
    {
        var reader = new ByteReader(saved);
        _ = reader.Byte();
        _ = reader.Signed();
        var ledgers = new List<KeyValuePair<int, CampaignLedger>>();
        for (var count = reader.Count(); count > 0; count--)
        {
            ledgers.Add(new(reader.Count(), CampaignLedger.Read(ref reader)));
        }

        return ledgers;
    }

    /// <summary>Compares ledgers, by campaign number, with the recount as it stands.</summary>
    public void Compare(IEnumerable<KeyValuePair<int, CampaignLedger>> ledgers, FindingList differences)
    {
        var seenAccounts = new HashSet<(int, int)>();
        var seenOffers = new HashSet<(int, int)>();
        foreach (var (campaign, ledger) in ledgers)
        {
            foreach (var (day, account) in ledger.Accounts)
            {
                seenAccounts.Add((campaign, day));
                var leased = account.LeasedByEpoch.Where(lease => lease.Value != 0).ToDictionary();
                Differs(differences, campaign, day, Text(_accounts.GetValueOrDefault((campaign, day))), Text(leased, account.ReservedMicros, account.SettledMicros, account.UnbilledMicros));
            }

            foreach (var (offer, tally) in ledger.Offers)
            {
                seenOffers.Add((campaign, offer));
                long[] found = [tally.Decisions, tally.Impressions, tally.Clicks, tally.Conversions, tally.Rewards, tally.SettledMicros, tally.ValueMicros];
                var expected = _offers.GetValueOrDefault((campaign, offer)) ?? new long[7];
                if (!found.AsSpan().SequenceEqual(expected))
                {
                    differences.Add(FindingKind.LedgerDiffers, $"campaign {campaign} offer {offer}", string.Join('/', expected), string.Join('/', found));
                }
            }
        }

        foreach (var ((campaign, day), account) in _accounts.Where(entry => !seenAccounts.Contains(entry.Key)).OrderBy(entry => entry.Key))
        {
            Differs(differences, campaign, day, Text(account), Text(null));
        }

        foreach (var ((campaign, offer), tally) in _offers.Where(entry => !seenOffers.Contains(entry.Key)).OrderBy(entry => entry.Key))
        {
            differences.Add(FindingKind.LedgerDiffers, $"campaign {campaign} offer {offer}", string.Join('/', tally), "nothing");
        }
    }

    private static void Differs(FindingList differences, int campaign, int day, string expected, string found)
    {
        if (expected != found)
        {
            differences.Add(FindingKind.LedgerDiffers, $"campaign {campaign} account {day}", expected, found);
        }
    }

    private void Tally(
        int campaign, int offer, long decisions = 0, long impressions = 0, long clicks = 0, long conversions = 0, long rewards = 0, long settled = 0, long value = 0)
    {
        if (!_offers.TryGetValue((campaign, offer), out var tally))
        {
            _offers.Add((campaign, offer), tally = new long[7]);
        }

        ReadOnlySpan<long> more = [decisions, impressions, clicks, conversions, rewards, settled, value];
        for (var i = 0; i < more.Length; i++)
        {
            // Of values there may be more than a sum can hold; it stays at the largest then.
            tally[i] = (long)Int128.Min((Int128)tally[i] + more[i], long.MaxValue);
        }
    }

    /// <summary>A decision's or an outcome's money is on the total account, and on the day's where one is named.</summary>
    private void Move(
        long sequence, long epoch, int campaign, int day, bool chargesTotal, long leased, long reserved, long settled, long unbilled, IEnumerable<CatalogSnapshot> versions)
    {
        if (leased == 0 && reserved == 0 && settled == 0 && unbilled == 0)
        {
            return;
        }

        Post(sequence, campaign, 0, epoch, chargesTotal ? leased : 0, reserved, settled, unbilled, versions);
        if (day != 0)
        {
            Post(sequence, campaign, day, epoch, leased, reserved, settled, unbilled, versions);
        }
    }

    private void Post(
        long sequence, int campaign, int day, long epoch, long leased, long reserved, long settled, long unbilled, IEnumerable<CatalogSnapshot> versions)
    {
        if (!_accounts.TryGetValue((campaign, day), out var account))
        {
            _accounts.Add((campaign, day), account = new Account());
        }

        var before = account.Out;
        var lease = account.LeasedByEpoch.GetValueOrDefault(epoch) + leased;
        account.LeasedByEpoch[epoch] = lease;
        account.Leased += leased;
        account.Reserved += reserved;
        account.Settled += settled;
        account.Unbilled += unbilled;
        if (leased < 0 && lease < 0)
        {
            findings.Add(FindingKind.MoneyUnbacked, Where(), $"a lease of epoch {epoch} of 0 or more", lease, Math.Min(-lease, -leased));
        }

        if (account.Reserved < 0 && reserved < 0)
        {
            findings.Add(FindingKind.MoneyUnbacked, Where(), "reservations of 0 or more", account.Reserved, Math.Min(-account.Reserved, -reserved));
        }

        if (account.Out > before && Bound(campaign, day, versions) is { } bound && account.Out > bound)
        {
            findings.Add(
                FindingKind.BudgetOverspent,
                Where(),
                $"at most {bound} out",
                $"{account.Out} (settled {account.Settled}, reserved {account.Reserved}, leased {account.Leased})",
                Math.Min(account.Out - bound, account.Out - before));
        }

        string Where() => $"record {sequence} campaign {campaign} account {day}";
    }

    /// <summary>By the record's clock, and by the log's order: a clock that was set back between two publishes is at a time of another version.</summary>
    private IEnumerable<CatalogSnapshot> LiveAt(long atMicros)
    {
        var live = catalogs.LiveBetween(atMicros - InFlightMicros, atMicros);
        return catalogs.Version(_published) is { } published ? live.Append(published) : live;
    }

    /// <summary>The largest budget that any of the versions allows; <c>null</c>: one of them sets none, or none is known.</summary>
    private static long? Bound(int campaign, int day, IEnumerable<CatalogSnapshot> versions)
    {
        long? bound = null;
        foreach (var version in versions)
        {
            var budget = version.CampaignByNumber.GetValueOrDefault(campaign)?.Budget;
            if ((day == 0 ? budget?.TotalMicros : budget?.DailyMicros) is not { } micros)
            {
                return null;
            }

            bound = Math.Max(bound ?? 0, micros);
        }

        return bound;
    }

    private static string Text(Account? account) => account is null
        ? Text([], 0, 0, 0)
        : Text(account.LeasedByEpoch.Where(lease => lease.Value != 0).ToDictionary(), account.Reserved, account.Settled, account.Unbilled);

    private static string Text(Dictionary<long, long> leased, long reserved, long settled, long unbilled) =>
        $"settled {settled} reserved {reserved} unbilled {unbilled} leased [{string.Join(", ", leased.OrderBy(lease => lease.Key).Select(lease => $"epoch {lease.Key}: {lease.Value}"))}]";

    private sealed class Account
    {
        public SortedDictionary<long, long> LeasedByEpoch { get; } = [];

        public long Leased { get; set; }

        public long Reserved { get; set; }

        public long Settled { get; set; }

        public long Unbilled { get; set; }

        public long Out => Settled + Reserved + Leased;
    }
}
