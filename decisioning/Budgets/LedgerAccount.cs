using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Budgets;

/// <summary>
/// One budget's money by where it is, in micros: <c>budget = settled + reserved + leased + free</c>, so <c>free</c> is what follows from the
/// budget of the live catalog.
/// </summary>
public sealed class LedgerAccount
{
    private readonly SortedDictionary<long, long> _leasedByEpoch = [];

    /// <summary>Spent.</summary>
    public long SettledMicros { get; private set; }

    /// <summary>Set aside for decisions whose event has not come.</summary>
    public long ReservedMicros { get; private set; }

    /// <summary>Delivered beyond the budget; not part of the identity.</summary>
    public long UnbilledMicros { get; private set; }

    /// <summary>Unspent on leases, by the epoch of the log that may spend it.</summary>
    public IReadOnlyDictionary<long, long> LeasedByEpoch => _leasedByEpoch;

    public long LeasedMicros => _leasedByEpoch.Values.Sum();

    /// <summary>All that is not free: it grows by grants alone, whatever the traffic.</summary>
    public long OutMicros => SettledMicros + ReservedMicros + LeasedMicros;

    /// <summary>Below zero only after a publish has cut the budget below what was spent or leased.</summary>
    public long FreeMicros(long budgetMicros) => budgetMicros - OutMicros;

    /// <summary>Moves money; every entry of the ledger is one of these.</summary>
    /// <param name="epoch">Holder whose lease <paramref name="leased"/> changes.</param>
    public void Post(long epoch, long leased = 0, long reserved = 0, long settled = 0, long unbilled = 0)
    {
        if (leased != 0)
        {
            var after = _leasedByEpoch.GetValueOrDefault(epoch) + leased;
            if (after == 0)
            {
                _leasedByEpoch.Remove(epoch);
            }
            else
            {
                _leasedByEpoch[epoch] = after;
            }
        }

        ReservedMicros += reserved;
        SettledMicros += settled;
        UnbilledMicros += unbilled;
    }

    /// <summary>Adds another account's moves.</summary>
    public void Merge(LedgerAccount other)
    {
        foreach (var (epoch, leased) in other._leasedByEpoch)
        {
            Post(epoch, leased);
        }

        Post(0, reserved: other.ReservedMicros, settled: other.SettledMicros, unbilled: other.UnbilledMicros);
    }

    public void Write(ByteWriter writer)
    {
        writer.Signed(SettledMicros);
        writer.Signed(ReservedMicros);
        writer.Signed(UnbilledMicros);
        writer.Count(_leasedByEpoch.Count);
        foreach (var (epoch, leased) in _leasedByEpoch)
        {
            writer.Signed(epoch);
            writer.Signed(leased);
        }
    }

    public static LedgerAccount Read(ref ByteReader reader)
    {
        var account = new LedgerAccount { SettledMicros = reader.Signed(), ReservedMicros = reader.Signed(), UnbilledMicros = reader.Signed() };
        for (var epochs = reader.Count(); epochs > 0; epochs--)
        {
            account._leasedByEpoch[reader.Signed()] = reader.Signed();
        }

        return account;
    }
}
