namespace PmOrleans.Node.Customers;

/// <summary>The live customers of this process by hashed id, in stripes so that threads do not meet.</summary>
public sealed class CustomerDirectory(DirtyCustomers dirty)
{
    private const int Stripes = 256;
    private readonly Stripe[] _stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new Stripe())];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Coarse clock for <see cref="CustomerCell.LastUsed"/>, in seconds.</summary>
    public int Tick { get; set; }

    /// <summary>The cell of an id, made when there is none; its state may still have to be loaded.</summary>
    public CustomerCell Get(UInt128 idHash)
    {
        var stripe = StripeOf(idHash);
        lock (stripe)
        {
            if (!stripe.ById.TryGetValue(idHash, out var cell))
            {
                stripe.Cells.Add(cell = new CustomerCell(idHash, dirty));
                Interlocked.Increment(ref _count);
            }

            cell.LastUsed = Tick;
            return cell;
        }
    }

    public CustomerCell? Find(UInt128 idHash)
    {
        var stripe = StripeOf(idHash);
        lock (stripe)
        {
            return stripe.ById.TryGetValue(idHash, out var cell) ? cell : null;
        }
    }

    /// <summary>Takes out of memory what nobody uses and nothing hangs on, longest unused first, down to a number of customers.</summary>
    /// <returns>How many went.</returns>
    public int Passivate(int most)
    {
        var surplus = Count - most;
        if (surplus <= 0)
        {
            return 0;
        }

        var gone = 0;
        var perStripe = (surplus / Stripes) + 1;
        foreach (var stripe in _stripes)
        {
            lock (stripe)
            {
                var oldest = stripe.Cells.Where(CanGo).OrderBy(cell => cell.LastUsed).Take(perStripe).ToList();
                foreach (var cell in oldest)
                {
                    if (!Monitor.TryEnter(cell))
                    {
                        continue;
                    }

                    try
                    {
                        if (CanGo(cell))
                        {
                            cell.IsEvicted = true;
                            stripe.Cells.Remove(cell);
                            Interlocked.Decrement(ref _count);
                            gone++;
                        }
                    }
                    finally
                    {
                        Monitor.Exit(cell);
                    }
                }
            }
        }

        return gone;
    }

    /// <summary>Takes one cell out of memory, saved or not; what is dirty keeps its place among those to be saved.</summary>
    /// <returns><c>false</c> while something hangs on it.</returns>
    public bool TryRemove(CustomerCell cell)
    {
        var stripe = StripeOf(cell.IdHash);
        lock (stripe)
        {
            lock (cell)
            {
                if (cell is not { Pending: 0, IsErasing: false })
                {
                    return false;
                }

                if (!cell.IsEvicted)
                {
                    cell.IsEvicted = true;
                    stripe.Cells.Remove(cell);
                    Interlocked.Decrement(ref _count);
                }

                return true;
            }
        }
    }

    /// <summary>Every live cell, stripe by stripe; cells made meanwhile may be missed.</summary>
    public IEnumerable<CustomerCell> Snapshot()
    {
        foreach (var stripe in _stripes)
        {
            CustomerCell[] cells;
            lock (stripe)
            {
                cells = [.. stripe.Cells];
            }

            foreach (var cell in cells)
            {
                yield return cell;
            }
        }
    }

    /// <summary>
    /// The same in about the order in which they came, and so in about that in which they lie in memory: a walk over all of them in the order of their hashes
    /// would find none of it in the processor's caches.
    /// </summary>
    public CustomerCell[] InOrder()
    {
        var stripes = Array.ConvertAll(_stripes, static stripe =>
        {
            lock (stripe)
            {
                return (CustomerCell[])[.. stripe.Cells];
            }
        });
        var cells = new CustomerCell[stripes.Sum(static stripe => stripe.Length)];
        for (var (at, row) = (0, 0); at < cells.Length; row++)
        {
            foreach (var stripe in stripes)
            {
                if (row < stripe.Length)
                {
                    cells[at++] = stripe[row];
                }
            }
        }

        return cells;
    }

    /// <summary>Waits for whoever works on a customer now: past every lock, nobody works with what was read before.</summary>
    public void PassLocks()
    {
        foreach (var cell in Snapshot())
        {
            lock (cell)
            {
            }
        }
    }

    private static bool CanGo(CustomerCell cell) => cell is { Pending: 0, DirtySince: 0, IsErasing: false };

    private Stripe StripeOf(UInt128 idHash) => _stripes[(int)((ulong)(idHash >> 64) & (Stripes - 1))];

    /// <summary>A set and no map: each cell knows its id, and a copy of it for a million customers is 16 MB.</summary>
    private sealed class Stripe
    {
        public Stripe() => ById = Cells.GetAlternateLookup<UInt128>();

        public HashSet<CustomerCell> Cells { get; } = new(new ByIdHash());

        public HashSet<CustomerCell>.AlternateLookup<UInt128> ById { get; }
    }

    private sealed class ByIdHash : IEqualityComparer<CustomerCell>, IAlternateEqualityComparer<UInt128, CustomerCell>
    {
        public bool Equals(CustomerCell? left, CustomerCell? right) => left?.IdHash == right?.IdHash;

        public int GetHashCode(CustomerCell cell) => GetHashCode(cell.IdHash);

        public bool Equals(UInt128 idHash, CustomerCell cell) => cell.IdHash == idHash;

        // A keyed hash already. The stripe is of other bits.
        public int GetHashCode(UInt128 idHash) => (int)(ulong)idHash;

        public CustomerCell Create(UInt128 idHash) => throw new NotSupportedException("a cell is made by the directory alone");
    }
}
