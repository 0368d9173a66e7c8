using System.Numerics;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Decisioning.Segments;

/// <summary>
/// The owner of all segments' figures: the fold of a log's segment changes, each record once, in order. Who is in a segment is a bit for each
/// customer under a dense number, so that sizes, overlaps and sums are counted and never estimated. Not thread-safe: its owner locks.
/// </summary>
/// <remarks>A million customers in 200 segments are 25 MB of bits, and some 40 bytes for each customer's number.</remarks>
public sealed partial class SegmentFold
{
    private readonly Dictionary<CustomerKey, int> _customerToIndex = [];
    private readonly List<CustomerKey> _customers = [];
    private readonly Stack<int> _free = [];
    private readonly SortedDictionary<int, AmountValues> _amounts = [];
    private SegmentMembers?[] _segments = new SegmentMembers?[64];
    private ushort[] _memberships = [];

    /// <summary>Sequence of the last record folded.</summary>
    public long Watermark { get; private set; }

    /// <summary>Customers that are in a segment or have an amount.</summary>
    public int Customers => _customerToIndex.Count;

    /// <summary>Numbers of all segments somebody was ever in.</summary>
    public IEnumerable<int> Segments => Enumerable.Range(0, _segments.Length).Where(number => _segments[number] is not null);

    /// <summary>Folds a record; one at or below the watermark is dropped, a gap is refused.</summary>
    /// <exception cref="InvalidOperationException">A record is missing before this one.</exception>
    public void Apply(long sequence, CustomerKey customer, IReadOnlyList<Fact> facts)
    {
        if (sequence <= Watermark)
        {
            return;
        }

        if (sequence != Watermark + 1)
        {
            throw new InvalidOperationException($"record {sequence} does not follow {Watermark}");
        }

        for (var i = 0; i < facts.Count; i++)
        {
            if (facts[i] is SegmentChangeFact or ErasureFact)
            {
                Apply(customer, facts[i]);
                Note(customer, facts[i]);
            }
        }

        Watermark = sequence;
    }

    /// <summary>Takes up where a log begins that was cut: who is in which segment, what each adds to sums, and the totals of coming and going. For an empty fold.</summary>
    /// <param name="watermark">The last record that was cut.</param>
    /// <param name="flows">By segment; minutes are past and not kept.</param>
    public void BeginAt(
        long watermark, IEnumerable<(CustomerKey Customer, SegmentChangeFact Standing)> customers, IEnumerable<(int Segment, long Entered, long Left)> flows)
    {
        foreach (var (customer, standing) in customers)
        {
            Apply(customer, standing);
        }

        foreach (var (segment, entered, left) in flows)
        {
            (Find(segment) ?? Add(segment, new SegmentMembers())).Flow.Begin(entered, left);
        }

        Watermark = watermark;
    }

    public long SizeOf(int segment) => Find(segment)?.Size ?? 0;

    public long EnteredOf(int segment) => Find(segment)?.Flow.Entered ?? 0;

    public long LeftOf(int segment) => Find(segment)?.Flow.Left ?? 0;

    public IReadOnlyList<SegmentMinute> MinutesOf(int segment, long nowMicros) => Find(segment)?.Flow.Since(nowMicros) ?? [];

    /// <summary>How many are in both.</summary>
    public long OverlapOf(int segment, int other) =>
        Find(segment) is { } left && Find(other) is { } right ? left.And(right) : 0;

    /// <summary>Sum of an amount over a segment's members, in millionths.</summary>
    public Int128 SumOf(int segment, int amount)
    {
        Int128 sum = 0;
        if (Find(segment) is { } members && _amounts.TryGetValue(amount, out var values))
        {
            foreach (var index in members.Indexes())
            {
                sum += values[index];
            }
        }

        return sum;
    }

    private void Apply(CustomerKey customer, Fact fact)
    {
        switch (fact)
        {
            case SegmentChangeFact change:
                var index = IndexOf(customer);
                foreach (var number in change.Left)
                {
                    Move(number, index, change.AtMicros, isIn: false);
                }

                foreach (var (number, micros) in change.Amounts)
                {
                    if (!_amounts.TryGetValue(number, out var values))
                    {
                        _amounts.Add(number, values = new AmountValues());
                    }

                    values.Set(index, micros);
                }

                foreach (var number in change.Entered)
                {
                    Move(number, index, change.AtMicros, isIn: true);
                }

                FreeIfEmpty(customer, index);
                break;
            case ErasureFact erasure when _customerToIndex.TryGetValue(customer, out var erased):
                foreach (var number in Segments)
                {
                    Move(number, erased, erasure.AtMicros, isIn: false);
                }

                foreach (var values in _amounts.Values)
                {
                    values.Remove(erased);
                }

                FreeIfEmpty(customer, erased);
                break;
        }
    }

    private void Move(int segment, int index, long atMicros, bool isIn)
    {
        var members = Find(segment);
        if (members is null)
        {
            if (!isIn || segment is < 1 or > Profiles.CustomerState.HighestSegment)
            {
                return;
            }

            members = Add(segment, new SegmentMembers());
        }

        if (members.Set(index, isIn))
        {
            members.Flow.Count(atMicros, isIn);
            _memberships[index] = (ushort)(_memberships[index] + (isIn ? 1 : -1));
        }
    }

    private SegmentMembers? Find(int segment) => (uint)segment < (uint)_segments.Length ? _segments[segment] : null;

    private SegmentMembers Add(int segment, SegmentMembers members)
    {
        if (segment >= _segments.Length)
        {
            Array.Resize(ref _segments, Math.Max(segment + 1, _segments.Length * 2));
        }

        return _segments[segment] = members;
    }

    private int IndexOf(CustomerKey customer)
    {
        if (_customerToIndex.TryGetValue(customer, out var known))
        {
            return known;
        }

        if (!_free.TryPop(out var index))
        {
            index = _customers.Count;
            _customers.Add(default);
            if (index == _memberships.Length)
            {
                Array.Resize(ref _memberships, Math.Max(1024, index * 2));
            }
        }

        _customers[index] = customer;
        _customerToIndex.Add(customer, index);
        return index;
    }

    /// <summary>A number that says nothing any more is for the next customer.</summary>
    private void FreeIfEmpty(CustomerKey customer, int index)
    {
        if (_memberships[index] > 0)
        {
            return;
        }

        foreach (var values in _amounts.Values)
        {
            if (values.Has(index))
            {
                return;
            }
        }

        _customerToIndex.Remove(customer);
        _customers[index] = default;
        _free.Push(index);
    }

    /// <summary>Bits of one segment by a customer's dense number.</summary>
    private sealed class SegmentMembers
    {
        private ulong[] _bits = [];

        public long Size { get; private set; }

        public SegmentFlow Flow { get; init; } = new();

        public bool Has(int index) => index / 64 < _bits.Length && (_bits[index / 64] >> (index % 64) & 1) != 0;

        /// <summary><c>false</c>: it was so already.</summary>
        public bool Set(int index, bool isIn)
        {
            if (Has(index) == isIn)
            {
                return false;
            }

            if (index / 64 >= _bits.Length)
            {
                Array.Resize(ref _bits, Math.Max((index / 64) + 1, _bits.Length * 2));
            }

            _bits[index / 64] ^= 1UL << (index % 64);
            Size += isIn ? 1 : -1;
            return true;
        }

        public long And(SegmentMembers other)
        {
            long both = 0;
            for (var i = Math.Min(_bits.Length, other._bits.Length) - 1; i >= 0; i--)
            {
                both += BitOperations.PopCount(_bits[i] & other._bits[i]);
            }

            return both;
        }

        public IEnumerable<int> Indexes()
        {
            for (var i = 0; i < _bits.Length; i++)
            {
                for (var word = _bits[i]; word != 0; word &= word - 1)
                {
                    yield return (i * 64) + BitOperations.TrailingZeroCount(word);
                }
            }
        }

        public void Write(ByteWriter writer)
        {
            Flow.Write(writer);
            var words = _bits.AsSpan().TrimEnd(0UL);
            writer.Count(words.Length);
            foreach (var word in words)
            {
                writer.Fixed64(word);
            }
        }

        public static SegmentMembers Read(ref ByteReader reader)
        {
            var members = new SegmentMembers { Flow = SegmentFlow.Read(ref reader) };
            members._bits = new ulong[reader.Items(8)];
            for (var i = 0; i < members._bits.Length; i++)
            {
                members._bits[i] = reader.Fixed64();
                members.Size += BitOperations.PopCount(members._bits[i]);
            }

            return members;
        }
    }
}
