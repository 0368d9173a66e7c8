using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Budgets;

/// <summary>What one offer brought.</summary>
public record struct OfferTally(
    long Decisions, long Impressions, long Clicks, long Conversions, long Rewards, long SettledMicros, long ValueMicros);

/// <summary>
/// A campaign's books: the fold of the decisions, outcomes and leases in the log. Day 0 is the account of the total budget, yyyymmdd that of a
/// day; a decision of a campaign without budget leaves money at zero and still counts.
/// </summary>
public sealed class CampaignLedger
{
    private readonly SortedDictionary<int, LedgerAccount> _accounts = [];
    private readonly SortedDictionary<int, OfferTally> _offers = [];

    public IReadOnlyDictionary<int, LedgerAccount> Accounts => _accounts;

    /// <summary>By offer number.</summary>
    public IReadOnlyDictionary<int, OfferTally> Offers => _offers;

    /// <summary>The account of a day (0: the total), made on first use.</summary>
    public LedgerAccount Account(int day)
    {
        if (!_accounts.TryGetValue(day, out var account))
        {
            _accounts.Add(day, account = new LedgerAccount());
        }

        return account;
    }

    public void Apply(ServedOffer offer, long epoch)
    {
        var tally = _offers.GetValueOrDefault(offer.Offer);
        tally.Decisions++;
        tally.SettledMicros += offer.SettledMicros;
        _offers[offer.Offer] = tally;
        Post(offer.ChargesTotal, offer.BudgetDay, epoch, leased: -(offer.ReservedMicros + offer.SettledMicros), reserved: offer.ReservedMicros, settled: offer.SettledMicros, 0);
    }

    public void Apply(OutcomeFact outcome, long epoch)
    {
        var tally = _offers.GetValueOrDefault(outcome.Offer);
        tally.Impressions += outcome.Event == OutcomeEvent.Impression ? 1 : 0;
        tally.Clicks += outcome.Event == OutcomeEvent.Click ? 1 : 0;
        tally.Conversions += outcome.Event == OutcomeEvent.Conversion ? 1 : 0;
        tally.Rewards += outcome.Reward == 1 ? 1 : 0;
        tally.SettledMicros += outcome.SettledMicros;
        tally.ValueMicros = ValueSum.Add(tally.ValueMicros, outcome.ValueMicros);
        _offers[outcome.Offer] = tally;
        Post(
            outcome.ChargesTotal,
            outcome.BudgetDay,
            epoch,
            leased: outcome.ReleasedMicros - (outcome.SettledMicros - outcome.FromReserveMicros),
            reserved: -(outcome.FromReserveMicros + outcome.ReleasedMicros),
            settled: outcome.SettledMicros,
            unbilled: outcome.UnbilledMicros);
    }

    public void Apply(LeaseGrantedFact lease) => Account(lease.Day).Post(lease.HolderEpoch, leased: lease.AmountMicros);

    public void Apply(LeaseReturnedFact lease) =>
        Account(lease.Day).Post(lease.HolderEpoch, leased: -lease.AmountMicros, settled: lease.WrittenOff ? lease.AmountMicros : 0);

    /// <summary>Adds what another ledger has folded of the same campaign, of other records. Sums: in any order, with the same result.</summary>
    public void Merge(CampaignLedger other)
    {
        foreach (var (day, account) in other._accounts)
        {
            Account(day).Merge(account);
        }

        foreach (var (offer, more) in other._offers)
        {
            var tally = _offers.GetValueOrDefault(offer);
            _offers[offer] = new OfferTally(
                tally.Decisions + more.Decisions,
                tally.Impressions + more.Impressions,
                tally.Clicks + more.Clicks,
                tally.Conversions + more.Conversions,
                tally.Rewards + more.Rewards,
                tally.SettledMicros + more.SettledMicros,
                ValueSum.Add(tally.ValueMicros, more.ValueMicros));
        }
    }

    public void Write(ByteWriter writer)
    {
        writer.Count(_accounts.Count);
        foreach (var (day, account) in _accounts)
        {
            writer.Count(day);
            account.Write(writer);
        }

        writer.Count(_offers.Count);
        foreach (var (offer, tally) in _offers)
        {
            writer.Count(offer);
            writer.Signed(tally.Decisions);
            writer.Signed(tally.Impressions);
            writer.Signed(tally.Clicks);
            writer.Signed(tally.Conversions);
            writer.Signed(tally.Rewards);
            writer.Signed(tally.SettledMicros);
            writer.Signed(tally.ValueMicros);
        }
    }

    /// <exception cref="CorruptDataException">Damaged or cut.</exception>
    public static CampaignLedger Read(ref ByteReader reader)
    {
        var ledger = new CampaignLedger();
        for (var accounts = reader.Items(); accounts > 0; accounts--)
        {
            ledger._accounts[reader.Count()] = LedgerAccount.Read(ref reader);
        }

        for (var offers = reader.Items(); offers > 0; offers--)
        {
            ledger._offers[reader.Count()] = new OfferTally(
                reader.Signed(), reader.Signed(), reader.Signed(), reader.Signed(), reader.Signed(), reader.Signed(), reader.Signed());
        }

        return ledger;
    }

    private void Post(bool chargesTotal, int day, long epoch, long leased, long reserved, long settled, long unbilled)
    {
        if ((leased | reserved | settled | unbilled) == 0)
        {
            return;
        }

        // What was spent while there was no total budget still counts against one declared later; only no lease stood behind it.
        Account(0).Post(epoch, chargesTotal ? leased : 0, reserved, settled, unbilled);
        if (day != 0)
        {
            Account(day).Post(epoch, leased, reserved, settled, unbilled);
        }
    }
}
