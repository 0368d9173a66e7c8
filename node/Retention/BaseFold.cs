using System.Security.Cryptography;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Privacy;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Retention;

/// <summary>Folds records that are about to be cut into the base they leave behind: of the whole log, and of each customer in them.</summary>
internal sealed class BaseFold
{
    private const int Page = 200;

    /// <summary>Of the records that are held in memory at one time, about.</summary>
    private const long MostBytes = 32 << 20;

    /// <summary>How far back the records reach, at least, that caps and pauses may be counted from under a later catalog.</summary>
    private static readonly long LeastRecentMicros = TimeSpan.FromDays(31).Ticks / TimeSpan.TicksPerMicrosecond;

    private readonly ILogReader _reader;
    private readonly RangeReader _range;
    private readonly PublishedCatalogs _catalogs;
    private readonly CatalogSnapshot _live;
    private readonly AccountingFold _accounts;
    private readonly SortedDictionary<int, (long Entered, long Left)> _flows = [];
    private readonly long _recentMicros;

    /// <param name="options">
    /// What the node's own models are folded with, by policy: the base goes on with the same, also of a policy that the live catalog has no more. A version that has it
    /// again finds in the base what it had learned.
    /// </param>
    /// <param name="range">Where the records come from, when it is not the reader's own log.</param>
    public BaseFold(ILogReader reader, PublishedCatalogs catalogs, CatalogSnapshot live, IReadOnlyDictionary<int, BetaOptions> options, RangeReader? range = null)
    {
        (_reader, _catalogs, _live, _range) = (reader, catalogs, live, range ?? reader.ReadRange);
        _recentMicros = Math.Max(LeastRecentMicros, catalogs.LongestCountedMicros);
        var begin = LogBase.Load(reader);
        _accounts = begin is null
            ? new AccountingFold(options.GetValueOrDefault, catalogs.NewestModelOptions)
            : AccountingFold.BeginAt(begin.Ledgers, begin.Models, begin.Experiments, options.GetValueOrDefault, catalogs.NewestModelOptions);
        foreach (var (segment, entered, left) in begin?.Flows ?? [])
        {
            _flows[segment] = (entered, left);
        }

        Base = begin ?? new LogBase { Begin = new LogBegin(0, 0, []), Ledgers = [], Models = [], Experiments = [], Flows = [] };
    }

    /// <summary>As of the last record folded.</summary>
    public LogBase Base { get; private set; }

    /// <summary>The records that may go next, or the first of them when they are large; empty when none may.</summary>
    public IReadOnlyList<LogRow> Read(int most, CutBounds bounds)
    {
        var rows = new List<LogRow>();
        var after = Base.Begin.Sequence;
        for (long bytes = 0; rows.Count < most && bytes < MostBytes && after < bounds.Last;)
        {
            var page = _range(after, (int)Math.Min(bounds.Last - after, Math.Min(Page, most - rows.Count)));
            foreach (var row in page)
            {
                if (row.AtMicros >= bounds.BeforeMicros)
                {
                    return rows;
                }

                rows.Add(row);
                bytes += row.Accounting.Length + row.Personal.Length;
            }

            if (page.Count == 0)
            {
                break;
            }

            after = page[^1].Sequence;
        }

        return rows;
    }

    /// <summary>Folds the records that follow, and judges what cannot be judged later: nothing that is damaged or missing is folded away.</summary>
    /// <exception cref="CorruptDataException">A record cannot be read, or is missing; or a customer's saved state is not what all of the customer's records come to.</exception>
    /// <exception cref="CryptographicException">The personal part of a base is damaged.</exception>
    public CutStep Fold(IReadOnlyList<LogRow> rows)
    {
        var from = Base.Begin.Sequence;
        var latest = Base.Begin.AtMicros;
        var customers = new Dictionary<CustomerKey, List<LogRow>>();
        foreach (var row in rows)
        {
            if (row.Sequence != _accounts.Watermark + 1)
            {
                throw new CorruptDataException($"record {_accounts.Watermark + 1} of the log is missing");
            }

            latest = Math.Max(latest, row.AtMicros);
            var facts = Read(row, dataKey: null);
            _accounts.Apply(row.Sequence, row.Epoch, facts);
            foreach (var change in facts.OfType<SegmentChangeFact>())
            {
                Count(change);
            }

            if (!row.Customer.IsNone)
            {
                (customers.TryGetValue(row.Customer, out var theirs) ? theirs : customers[row.Customer] = []).Add(row);
            }
        }

        var changes = customers.Select(entry => FoldCustomer(entry.Key, entry.Value)).ToList();
        Base = new LogBase
        {
            Begin = new LogBegin(_accounts.Watermark, latest, [.. Base.Begin.Cuts.Where(cut => cut.Version != _live.Version), (_live.Version, latest)]),
            Ledgers = _accounts.WriteLedgers(),
            Models = _accounts.WriteModels(),
            Experiments = _accounts.WriteExperiments(),
            Flows = [.. _flows.Select(flow => (flow.Key, flow.Value.Entered, flow.Value.Left))],
        };
        return new CutStep(from, _live.Version, rows, changes, Base);
    }

    private void Count(SegmentChangeFact change)
    {
        foreach (var segment in change.Entered)
        {
            _flows[segment] = (_flows.GetValueOrDefault(segment).Entered + 1, _flows.GetValueOrDefault(segment).Left);
        }

        foreach (var segment in change.Left)
        {
            _flows[segment] = (_flows.GetValueOrDefault(segment).Entered, _flows.GetValueOrDefault(segment).Left + 1);
        }
    }

    private BaseChange FoldCustomer(CustomerKey key, List<LogRow> rows)
    {
        var stored = _reader.LoadBase(key);
        var customer = stored is null ? CustomerBase.Empty(key) : CustomerBase.Read(stored);
        var dataKey = _reader.IdentitiesOf(key) is [{ } identity, ..] ? identity.DataKey : null;
        var state = dataKey is null ? null : Begin(stored, key, dataKey);
        var last = stored?.CustomerSequence ?? 0;
        foreach (var row in rows)
        {
            if (row.CustomerSequence != ++last)
            {
                throw new CorruptDataException($"record {last} of customer {key} is missing");
            }

            var bare = Read(row, dataKey: null);
            if (bare.Any(fact => fact is ErasureFact) && dataKey is null)
            {
                // The last record of one who is gone: what it counted for is in the sums.
                return ReferenceEquals(row, rows[^1]) ? new BaseChange(key, null, null) : throw new CorruptDataException($"customer {key} has a record behind the erasure");
            }

            Apply(customer.Bare, bare, row.CustomerSequence);
            if (state is not null)
            {
                Apply(state, Read(row, dataKey), row.CustomerSequence);
            }

            if (bare.Any(fact => fact is DecisionFact or OutcomeFact))
            {
                customer.Recent.Add(new RecentRecord(row.CustomerSequence, row.AtMicros, row.Accounting));
            }
        }

        KeepRecent(customer, state ?? customer.Bare, rows[^1].AtMicros);
        customer.CatalogVersion = _live.Version;
        var personal = state is null ? [] : Encrypt(dataKey!, Bytes(state));
        var moved = new BaseRow(key, rows[^1].CustomerSequence, customer.Write(), personal);
        return new BaseChange(key, moved, Snapshot(state, dataKey!, personal));
    }

    /// <param name="dataKey"><c>null</c>: the accounting part alone.</param>
    private static List<Fact> Read(LogRow row, byte[]? dataKey)
    {
        try
        {
            return CustomerLoader.Decode(row, dataKey);
        }
        catch (Exception damaged) when (damaged is CorruptDataException or CryptographicException)
        {
            throw new CorruptDataException($"record {row.Sequence} of the log cannot be read: {damaged.Message}", damaged);
        }
    }

    private CustomerState Begin(BaseRow? stored, CustomerKey key, byte[] dataKey)
    {
        if (stored is not null)
        {
            return CustomerBase.Restore(stored, dataKey, _catalogs.Version, _live);
        }

        var state = new CustomerState(key);
        state.BeginDefinitions(_live);
        return state;
    }

    private void Apply(CustomerState state, List<Fact> facts, long sequence)
    {
        foreach (var fact in facts)
        {
            state.Apply(fact, sequence, _live);
        }

        state.Prune();
    }

    /// <summary>
    /// A saved state that stands before the base would find its records gone. One that was folded with what was live before, as a crash may leave it behind a finished sweep, knows
    /// more than the base can give should that come back: it is brought to what is live now, and so is one that cannot be read. One of the same record must be what the records come to.
    /// </summary>
    private SnapshotRow? Snapshot(CustomerState? state, byte[] dataKey, byte[] personal)
    {
        if (state is null)
        {
            return null;
        }

        var saved = _reader.LoadSnapshot(state.Key);
        if (saved is null || saved.CustomerSequence < state.Sequence)
        {
            return new SnapshotRow(state.Key, state.Sequence, personal, state.DueMicros);
        }

        if (Known(saved, dataKey) is not { } known || CustomerState.DefinitionsOf(known) != state.DefinitionsHash)
        {
            FoldTo(saved.CustomerSequence, state, dataKey);
            return new SnapshotRow(state.Key, state.Sequence, Encrypt(dataKey, Bytes(state)), state.DueMicros);
        }

        if (saved.CustomerSequence == state.Sequence && !Bytes(CustomerState.Read(state.Key, known)).AsSpan().SequenceEqual(Bytes(state)))
        {
            throw new CorruptDataException($"the saved state of customer {state.Key} at record {state.Sequence} is not what the records come to");
        }

        return null;
    }

    /// <summary>What is saved; <c>null</c> when it is damaged, which costs nothing while its records are there.</summary>
    private static byte[]? Known(SnapshotRow saved, byte[] dataKey)
    {
        try
        {
            return PersonalCipher.Decrypt(dataKey, saved.State);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private void FoldTo(long customerSequence, CustomerState state, byte[] dataKey)
    {
        while (state.Sequence < customerSequence)
        {
            var rows = _reader.ReadCustomer(state.Key, state.Sequence, (int)Math.Min(Page, customerSequence - state.Sequence));
            if (rows.Count == 0 || rows[0].CustomerSequence != state.Sequence + 1)
            {
                throw new CorruptDataException($"record {state.Sequence + 1} of customer {state.Key} is missing");
            }

            foreach (var row in rows)
            {
                Apply(state, Read(row, dataKey), row.CustomerSequence);
            }
        }
    }

    private void KeepRecent(CustomerBase customer, CustomerState state, long nowMicros)
    {
        var firstOpen = long.MaxValue;
        foreach (ref readonly OpenDecision open in state.Open)
        {
            firstOpen = Math.Min(firstOpen, open.Sequence);
        }

        customer.Recent.RemoveAll(record => record.Sequence < firstOpen && record.AtMicros <= nowMicros - _recentMicros);
    }

    private static byte[] Encrypt(byte[] dataKey, byte[] state)
    {
        var cipher = new byte[state.Length + PersonalCipher.Overhead];
        PersonalCipher.Encrypt(dataKey, state, cipher);
        return cipher;
    }

    private static byte[] Bytes(CustomerState state)
    {
        using var writer = new ByteWriter(1024);
        state.Write(writer);
        return writer.ToArray();
    }
}

/// <summary>Records after a sequence, ascending, at most so many.</summary>
internal delegate IReadOnlyList<LogRow> RangeReader(long afterSequence, int limit);

/// <summary>What a cut makes of one customer.</summary>
/// <param name="Row">The base from now on; <c>null</c>: no more is kept.</param>
/// <param name="Snapshot">Brings a saved state that is behind up to the base, one with earlier definitions to what is live, and makes a damaged one anew; <c>null</c>: it stays.</param>
internal sealed record BaseChange(CustomerKey Customer, BaseRow? Row, SnapshotRow? Snapshot)
{
    public bool HasPersonal => Row is { Personal.Length: > 0 };
}
