using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Decisioning.Segments;

/// <content>
/// Folding the logs of several nodes: a customer who moves has facts in more than one, and what came later may be told earlier. Each fact is folded once; then
/// the figures hang on the set of facts alone. A membership is a sum of comings and goings, an amount is the one of the latest record.
/// </content>
public sealed partial class SegmentFold
{
    /// <summary>Erasures remembered, so that what is told late of an erased customer is dropped; far more than happen while a fact is on its way.</summary>
    private const int MostErased = 10_000;

    /// <summary>What the sum of comings and goings differs from the bit: told in the wrong order, and soon 0 again.</summary>
    private readonly Dictionary<(CustomerKey Customer, int Segment), int> _debts = [];

    private readonly Queue<CustomerKey> _erased = [];
    private readonly HashSet<CustomerKey> _isErased = [];

    /// <summary>Folds one fact of a customer, in whatever order they come.</summary>
    /// <param name="customerSequence">Of the record the fact is in.</param>
    public void ApplyInAnyOrder(CustomerKey customer, long customerSequence, Fact fact)
    {
        switch (fact)
        {
            case SegmentChangeFact change:
                foreach (var number in change.Left)
                {
                    MoveInAnyOrder(number, customer, change.AtMicros, -1);
                }

                foreach (var number in change.Entered)
                {
                    MoveInAnyOrder(number, customer, change.AtMicros, 1);
                }

                if (change.Amounts.Length > 0 && !_isErased.Contains(customer))
                {
                    var index = IndexOf(customer);
                    foreach (var (number, micros) in change.Amounts)
                    {
                        if (!_amounts.TryGetValue(number, out var values))
                        {
                            _amounts.Add(number, values = new AmountValues());
                        }

                        values.Set(index, micros, customerSequence);
                    }
                }

                break;
            case ErasureFact:
                // Whoever is erased has left every segment by facts of their own.
                Remember(customer);
                if (_customerToIndex.TryGetValue(customer, out var erased))
                {
                    foreach (var values in _amounts.Values)
                    {
                        values.Remove(erased);
                    }
                }

                break;
            default:
                return;
        }

        if (_customerToIndex.TryGetValue(customer, out var known))
        {
            FreeIfEmpty(customer, known);
        }
    }

    /// <summary>What <see cref="WriteBase"/> leaves out: the state of the order.</summary>
    public void WriteOrder(ByteWriter writer)
    {
        writer.Count(_debts.Count);
        foreach (var ((customer, segment), debt) in _debts.OrderBy(entry => entry.Key))
        {
            Write(customer, writer);
            writer.Count(segment);
            writer.Signed(debt);
        }

        writer.Count(_erased.Count);
        foreach (var customer in _erased)
        {
            Write(customer, writer);
        }

        writer.Count(_amounts.Count);
        foreach (var (number, values) in _amounts)
        {
            writer.Count(number);
            writer.Count(values.Count);
            foreach (var index in values.Indexes())
            {
                writer.Count(index);
                writer.Signed(values.At(index));
            }
        }
    }

    /// <summary>Takes up what <see cref="WriteOrder"/> wrote, after the base.</summary>
    /// <exception cref="CorruptDataException">Damaged or cut.</exception>
    public void ReadOrder(ref ByteReader reader)
    {
        for (var count = reader.Items(CustomerKey.Size); count > 0; count--)
        {
            _debts.Add((ReadKey(ref reader), reader.Count()), (int)reader.Signed());
        }

        for (var count = reader.Items(CustomerKey.Size); count > 0; count--)
        {
            Remember(ReadKey(ref reader));
        }

        for (var count = reader.Items(); count > 0; count--)
        {
            var number = reader.Count();
            var values = _amounts.GetValueOrDefault(number) ?? throw new CorruptDataException($"there is no amount {number}");
            for (var left = reader.Items(2); left > 0; left--)
            {
                var index = reader.Count();
                if (!values.Has(index))
                {
                    throw new CorruptDataException($"customer {index} has no amount {number}");
                }

                values.NoteAt(index, reader.Signed());
            }
        }
    }

    private void MoveInAnyOrder(int segment, CustomerKey customer, long atMicros, int by)
    {
        if (segment is < 1 or > Profiles.CustomerState.HighestSegment)
        {
            return;
        }

        var members = Find(segment) ?? Add(segment, new SegmentMembers());
        members.Flow.Count(atMicros, entered: by > 0);
        var index = by > 0 ? IndexOf(customer) : _customerToIndex.GetValueOrDefault(customer, -1);
        var was = index >= 0 && members.Has(index);
        var sum = (was ? 1 : 0) + _debts.GetValueOrDefault((customer, segment)) + by;
        var isIn = sum > 0;
        if (isIn != was)
        {
            members.Set(index, isIn);
            _memberships[index] = (ushort)(_memberships[index] + (isIn ? 1 : -1));
        }

        if (sum - (isIn ? 1 : 0) is not 0 and var debt)
        {
            _debts[(customer, segment)] = debt;
        }
        else
        {
            _debts.Remove((customer, segment));
        }
    }

    private void Remember(CustomerKey erased)
    {
        if (_isErased.Add(erased))
        {
            _erased.Enqueue(erased);
            if (_erased.Count > MostErased)
            {
                _isErased.Remove(_erased.Dequeue());
            }
        }
    }

    private static void Write(CustomerKey customer, ByteWriter writer)
    {
        writer.Fixed64(customer.High);
        writer.Fixed64(customer.Low);
    }

    private static CustomerKey ReadKey(ref ByteReader reader) => new(reader.Fixed64(), reader.Fixed64());
}
