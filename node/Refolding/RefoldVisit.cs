using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Privacy;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Refolding;

/// <summary>A customer to be folded out of the history, and its cipher, which was made ready for the saved state.</summary>
internal readonly record struct UnfoldedCustomer(SavedCustomerRow Row, CustomerCipher Cipher);

/// <summary>
/// Brings sleeping customers up to date without waking them: read, fold, encode. One for each thread of a pass; what is to be saved is collected.
/// </summary>
internal sealed class RefoldVisit(CustomerLoader loader, CustomerDirectory directory, TimeProvider time) : IDisposable
{
    /// <summary>Customers one after the other whose saved state was of no use: the next ones' is not even deciphered, but for one in so many.</summary>
    private const int SureAfter = 32;

    private readonly DecisionWorkspace _workspace = new();
    private readonly List<Fact> _facts = [];
    private readonly ByteWriter _writer = new(4096);
    private readonly FoldRoom _room = new();
    private readonly List<UnfoldedCustomer> _unfolded = [];
    private int _uselessInARow;

    /// <summary>States folded anew and not saved yet.</summary>
    public List<SnapshotRow> Folded { get; private set; } = [];

    public List<SnapshotRow> TakeFolded()
    {
        var folded = Folded;
        Folded = [];
        return folded;
    }

    /// <summary>Customers who can only be folded out of their history; to be folded by <see cref="TryFold"/>.</summary>
    public IReadOnlyList<UnfoldedCustomer> Unfolded => _unfolded;

    /// <summary>Those who were to be folded are, or need not be any more.</summary>
    public void EndUnfolded()
    {
        foreach (var customer in _unfolded)
        {
            customer.Cipher.Dispose();
        }

        _unfolded.Clear();
    }

    /// <returns><c>false</c>: the customer is live, or has something to say about it; it has to be woken.</returns>
    /// <param name="hasTail">Whether there may be records that the saved state lacks.</param>
    /// <param name="home">Hash of the id under which the customer lives.</param>
    public bool TryVisit(SavedCustomerRow row, bool hasTail, DecisionEnvironment environment, out UInt128 home)
    {
        // Whoever is in memory is somebody else's to write; a state just loaded there may already be ahead of what is saved.
        home = row.Identity.IdHash;
        if (home != 0 && directory.Find(home) is not null)
        {
            return false;
        }

        var cipher = new CustomerCipher(row.Identity.DataKey);
        var isKept = false;
        try
        {
            if ((_uselessInARow < SureAfter || _uselessInARow % SureAfter == 0)
                && loader.TryLoad(row, cipher, environment.Catalog, hasTail, out var state, out var tailStart, out var asSaved))
            {
                _uselessInARow = 0;
                return TryUpdate(row, cipher, state, tailStart, asSaved, environment, ref home);
            }

            // To make a cipher ready costs as much as to decipher a history with it.
            cipher.Rest();
            _uselessInARow++;
            _unfolded.Add(new UnfoldedCustomer(row, cipher));
            isKept = true;
            return true;
        }
        finally
        {
            if (!isKept)
            {
                cipher.Dispose();
            }
        }
    }

    /// <summary>The same for one who needs the history.</summary>
    /// <param name="history">Its first records; see <see cref="CustomerLoader.ReadHistories"/>.</param>
    /// <inheritdoc cref="TryVisit"/>
    public bool TryFold(UnfoldedCustomer customer, IReadOnlyList<LogRow> history, DecisionEnvironment environment, out UInt128 home)
    {
        var (row, cipher) = customer;
        home = row.Identity.IdHash;
        try
        {
            // If it is left with a state that fails on the way, nobody has that state any more.
            var state = loader.Fold(row, cipher, environment.Catalog, history, _room, out var tailStart);
            var isDone = TryUpdate(row, cipher, state, tailStart, asSaved: false, environment, ref home);
            _room.TakeFrom(state);
            return isDone;
        }
        finally
        {
            cipher.Rest();
        }
    }

    private bool TryUpdate(
        SavedCustomerRow row, CustomerCipher cipher, CustomerState state, long tailStart, bool asSaved, DecisionEnvironment environment, ref UInt128 home)
    {
        if (state.Sequence == 0 || state.FirstId is not { } firstId)
        {
            // Erased since the page was read.
            return true;
        }

        // A row may name none of the ids, or one of several; and to read a history takes a while.
        home = home == 0 || state.HasAliases ? environment.Hashes.Identity.Hash128(firstId) : home;
        if (directory.Find(home) is not null)
        {
            return false;
        }

        if (tailStart > 0)
        {
            // Left behind by a run that did not end well: it has to come to life, to be saved with its tail.
            return false;
        }

        var now = Math.Max(time.NowMicros(), state.LastSeenMicros);
        var isDue = SegmentTracker.IsDue(state, environment, now);
        if (isDue)
        {
            _facts.Clear();
            SegmentTracker.Advance(state, now, state.Sequence + 1, environment, _workspace, _facts);
            if (_facts.Count > 0)
            {
                return false;
            }
        }

        if (!asSaved || (isDue && state.DueMicros != row.Snapshot?.DueMicros))
        {
            _writer.Clear();
            state.Save(_writer);
            Folded.Add(new SnapshotRow(state.Key, state.Sequence, cipher.Encrypt(_writer.Written), state.DueMicros) { Place = row.Snapshot?.Place ?? 0 });
        }

        return true;
    }

    public void Dispose()
    {
        EndUnfolded();
        _workspace.Dispose();
        _writer.Dispose();
    }
}
