using PmOrleans.Decisioning.Codec;
using PmOrleans.Node.Leases;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Owners;

/// <content>Money on its way: granted to a node and not yet told of by the node's log.</content>
public sealed partial class LedgerBook
{
    /// <summary>How long a node that got nothing is thought of when others are asked to give back.</summary>
    private static readonly TimeSpan ShortFor = TimeSpan.FromSeconds(1);

    /// <summary>By account and holder, all that was granted, and how much of it the holder's folded log tells of.</summary>
    private readonly Dictionary<(int Campaign, int Day, long Epoch), (long Granted, long Seen)> _grants = [];

    /// <summary>The last question of each epoch.</summary>
    private readonly Dictionary<long, long> _asked = [];

    /// <summary>Who may free what a sealed epoch has left.</summary>
    private readonly Dictionary<long, long> _claims = [];

    /// <summary>By which version each epoch lives, and up to which version total budgets count what was spent before them.</summary>
    private readonly Dictionary<long, int> _versions = [];
    private readonly Dictionary<(int Campaign, int Day), (long Epoch, long At)> _short = [];

    /// <summary>Where logs ended when this book began with nothing saved: until they are folded, nobody knows what is out.</summary>
    private readonly Dictionary<string, long> _unfolded = new(StringComparer.Ordinal);
    private HashSet<int> _counted = [];
    private int _latest;

    /// <summary>Sets a slice aside. To be saved before it is handed out.</summary>
    /// <returns><c>null</c>: a later question of this epoch was answered already, or the epoch is over.</returns>
    public BudgetSlice? Take(SliceAsk ask)
    {
        if (ask.Number <= _asked.GetValueOrDefault(ask.Epoch) || _claims.ContainsKey(ask.Epoch))
        {
            return null;
        }

        var request = ask.Request;
        var account = (request.Campaign, request.Day);
        var key = (request.Campaign, request.Day, ask.Epoch);
        _asked[ask.Epoch] = ask.Number;

        // Whatever else was granted to it, it has not written and will not: it asks again.
        _grants[key] = _grants.GetValueOrDefault(key) with { Granted = ask.WrittenMicros };
        if (_unfolded.Count > 0 || (request.Day == 0 && !_counted.Contains(request.Campaign)))
        {
            // Some node may still decide without this budget, or what was spent of it is not told yet.
            return new BudgetSlice(0, 0, 1, request.LowMarkMicros);
        }

        var slice = BudgetSlice.Cut(request, OutOf(request.Campaign, request.Day), Nodes);
        _grants[key] = _grants[key] with { Granted = ask.WrittenMicros + slice.GrantedMicros };
        if (slice is { GrantedMicros: 0, ExcessMicros: 0, FreeMicros: 0 })
        {
            _short[account] = (ask.Epoch, time.GetTimestamp());
        }

        return slice;
    }

    /// <summary>Settled, reserved, leased, and granted beyond what the logs tell.</summary>
    public long OutOf(int campaign, int day) =>
        (_ledgers.GetValueOrDefault(campaign)?.Accounts.GetValueOrDefault(day)?.OutMicros ?? 0)
        + _grants.Where(grant => grant.Key.Campaign == campaign && grant.Key.Day == day).Sum(grant => Math.Max(0, grant.Value.Granted - grant.Value.Seen));

    /// <summary>An epoch decides by a version, and all it decided without that version's total budgets is folded.</summary>
    /// <param name="epochs">Of the store.</param>
    /// <param name="watermarkOf">How far a node's log is folded.</param>
    /// <returns>Whether this holds for all that may write, and what others have written is folded to its end.</returns>
    public bool CountIn(long epoch, int catalogVersion, IReadOnlyCollection<int> totals, IReadOnlyList<NodeEpoch> epochs, Func<string, long> watermarkOf)
    {
        var live = epochs.Where(one => !one.Sealed).Select(one => one.Epoch).ToHashSet();
        _versions[epoch] = Math.Max(_versions.GetValueOrDefault(epoch), catalogVersion);
        if (catalogVersion > _latest)
        {
            // A campaign that has lost its total spends without it from now on.
            _latest = catalogVersion;
            _counted.IntersectWith(totals);
        }

        foreach (var gone in _versions.Keys.Where(known => !live.Contains(known)).ToList())
        {
            _versions.Remove(gone);
        }

        if (catalogVersion < _latest
            || live.Any(one => _versions.GetValueOrDefault(one) < _latest)
            || epochs.Any(one => one.Sealed && watermarkOf(one.Node) < one.LastSequence))
        {
            return false;
        }

        _counted = [.. totals];
        return true;
    }

    /// <summary>The right to free what a sealed epoch has left. To be saved before it is answered.</summary>
    /// <param name="epochs">Of the store.</param>
    /// <param name="watermarkOf">How far a node's log is folded.</param>
    /// <param name="changed">Whether there is something to be saved.</param>
    /// <returns><c>null</c>: not now.</returns>
    public IReadOnlyList<LeaseLeft>? Claim(
        long sealedEpoch, long claimant, IReadOnlyList<NodeEpoch> epochs, Func<string, long> watermarkOf, out bool changed)
    {
        changed = false;
        LeaseLeft[] left =
        [
            .. from campaign in _ledgers
               from account in campaign.Value.Accounts
               let unspent = account.Value.LeasedByEpoch.GetValueOrDefault(sealedEpoch)
               where unspent > 0
               select new LeaseLeft(campaign.Key, account.Key, unspent),
        ];
        if (left.Length == 0 && _claims.ContainsKey(sealedEpoch))
        {
            // Freed long ago: nobody needs the right again.
            return left;
        }

        if (_unfolded.Count > 0
            || !IsOver(sealedEpoch)
            || (_claims.TryGetValue(sealedEpoch, out var other) && other != claimant && !IsOver(other)))
        {
            return null;
        }

        changed = _claims.GetValueOrDefault(sealedEpoch) != claimant;
        _claims[sealedEpoch] = claimant;
        foreach (var key in _grants.Keys.Where(key => key.Epoch == sealedEpoch).ToList())
        {
            _grants.Remove(key);
        }

        _asked.Remove(sealedEpoch);
        return left;

        bool IsOver(long epoch) => epochs.FirstOrDefault(one => one.Epoch == epoch) is { Sealed: true } found && watermarkOf(found.Node) >= found.LastSequence;
    }

    private void Seen((int Campaign, int Day, long Epoch) key, long micros)
    {
        var grant = _grants.GetValueOrDefault(key);
        _grants[key] = grant with { Seen = grant.Seen + micros };
    }

    /// <summary>Accounts of which others than the reporter want more than there is.</summary>
    private void WriteShort(ByteWriter writer, long reporterEpoch)
    {
        foreach (var account in _short.Where(entry => time.GetElapsedTime(entry.Value.At) > ShortFor).Select(entry => entry.Key).ToList())
        {
            _short.Remove(account);
        }

        var wanted = reporterEpoch == 0 ? [] : _short.Where(entry => entry.Value.Epoch != reporterEpoch).Select(entry => entry.Key).ToList();
        writer.Count(wanted.Count);
        foreach (var (campaign, day) in wanted)
        {
            writer.Count(campaign);
            writer.Count(day);
        }
    }

    private void WriteGrants(ByteWriter writer)
    {
        writer.Count(_grants.Count);
        foreach (var (key, (granted, seen)) in _grants)
        {
            Write(writer, key);
            writer.Signed(granted);
            writer.Signed(seen);
        }

        WritePairs(writer, _asked);
        WritePairs(writer, _claims);
        writer.Count(_latest);
        writer.Count(_versions.Count);
        foreach (var (epoch, version) in _versions)
        {
            writer.Signed(epoch);
            writer.Count(version);
        }

        writer.Count(_counted.Count);
        foreach (var campaign in _counted)
        {
            writer.Count(campaign);
        }

        // Earlier releases know of none.
        if (_unfolded.Count == 0)
        {
            return;
        }

        writer.Count(_unfolded.Count);
        foreach (var (node, end) in _unfolded)
        {
            writer.Text(node);
            writer.Signed(end);
        }
    }

    private void ReadGrants(ref ByteReader reader)
    {
        for (var count = reader.Items(5); count > 0; count--)
        {
            _grants.Add((reader.Count(), reader.Count(), reader.Signed()), (reader.Signed(), reader.Signed()));
        }

        ReadPairs(ref reader, _asked);
        ReadPairs(ref reader, _claims);
        _latest = reader.Count();
        for (var count = reader.Items(2); count > 0; count--)
        {
            _versions.Add(reader.Signed(), reader.Count());
        }

        for (var count = reader.Items(); count > 0; count--)
        {
            _counted.Add(reader.Count());
        }

        for (var count = reader.AtEnd ? 0 : reader.Items(2); count > 0; count--)
        {
            _unfolded.Add(reader.RequiredText(), reader.Signed());
        }
    }

    private static void WritePairs(ByteWriter writer, Dictionary<long, long> pairs)
    {
        writer.Count(pairs.Count);
        foreach (var (key, value) in pairs)
        {
            writer.Signed(key);
            writer.Signed(value);
        }
    }

    private static void ReadPairs(ref ByteReader reader, Dictionary<long, long> pairs)
    {
        for (var count = reader.Items(2); count > 0; count--)
        {
            pairs.Add(reader.Signed(), reader.Signed());
        }
    }
}
