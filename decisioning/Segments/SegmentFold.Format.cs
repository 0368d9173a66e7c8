using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Decisioning.Segments;

/// <content>
/// The stored form: a base that holds everything, and journals of what was folded since. A base of a million customers is some 40 MB; a journal holds
/// what two seconds have changed.
/// </content>
public sealed partial class SegmentFold : IDisposable
{
    private const byte Format = 1;
    private readonly ByteWriter _journal = new(4096);
    private readonly ByteWriter _body = new(256);

    /// <summary>What was folded since <see cref="BeginJournal"/>, to be applied again to what was saved before it.</summary>
    public ReadOnlySpan<byte> Journal => _journal.Written;

    public void BeginJournal() => _journal.Clear();

    public void Dispose()
    {
        _journal.Dispose();
        _body.Dispose();
    }

    public byte[] WriteBase()
    {
        using var writer = new ByteWriter(1 << 16);
        writer.Byte(Format);
        writer.Signed(Watermark);
        writer.Count(_customers.Count);
        foreach (var customer in _customers)
        {
            writer.Fixed64(customer.High);
            writer.Fixed64(customer.Low);
        }

        writer.Count(Segments.Count());
        foreach (var number in Segments)
        {
            writer.Count(number);
            _segments[number]!.Write(writer);
        }

        writer.Count(_amounts.Count);
        foreach (var (number, values) in _amounts)
        {
            writer.Count(number);
            values.Write(writer);
        }

        return writer.ToArray();
    }

    /// <exception cref="CorruptDataException">Damaged, cut, or of a later format.</exception>
    public static SegmentFold ReadBase(ReadOnlySpan<byte> data)
    {
        var reader = new ByteReader(data);
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"segment figures have format {format}; this version reads {Format}");
        }

        var fold = new SegmentFold { Watermark = reader.Signed() };
        var customers = reader.Items(CustomerKey.Size);
        fold._memberships = new ushort[customers];
        fold._customers.Capacity = customers;
        fold._customerToIndex.EnsureCapacity(customers);
        for (var i = 0; i < customers; i++)
        {
            var customer = new CustomerKey(reader.Fixed64(), reader.Fixed64());
            fold._customers.Add(customer);
            if (customer.IsNone)
            {
                fold._free.Push(i);
            }
            else
            {
                fold._customerToIndex.Add(customer, i);
            }
        }

        for (var count = reader.Items(); count > 0; count--)
        {
            var number = reader.Count();
            if (number is < 1 or > Profiles.CustomerState.HighestSegment)
            {
                throw new CorruptDataException($"segment {number}; numbers are 1 to {Profiles.CustomerState.HighestSegment}");
            }

            var members = fold.Add(number, SegmentMembers.Read(ref reader));
            foreach (var index in members.Indexes())
            {
                if (index >= customers)
                {
                    throw new CorruptDataException($"segment {number} has a member {index} of {customers}");
                }

                fold._memberships[index]++;
            }
        }

        for (var count = reader.Items(); count > 0; count--)
        {
            fold._amounts.Add(reader.Count(), AmountValues.Read(ref reader, customers));
        }

        reader.End();
        return fold;
    }

    /// <summary>Folds a saved journal; what was saved before it must have been applied.</summary>
    /// <exception cref="CorruptDataException">Damaged.</exception>
    public void ReadJournal(ReadOnlySpan<byte> journal)
    {
        var reader = new ByteReader(journal);
        while (!reader.AtEnd)
        {
            var customer = new CustomerKey(reader.Fixed64(), reader.Fixed64());
            var kind = reader.Byte();
            Apply(customer, FactBodies.Read(kind, reader.Blob(), [], foldedWith: null));
        }
    }

    /// <summary>Up to where the saved parts reach, once all of them were read.</summary>
    public void StandAt(long watermark) => Watermark = Math.Max(Watermark, watermark);

    private void Note(CustomerKey customer, Fact fact)
    {
        _journal.Fixed64(customer.High);
        _journal.Fixed64(customer.Low);
        _journal.Byte((byte)fact.Kind);
        _body.Clear();
        FactBodies.WriteAccounting(fact, _body);
        _journal.Blob(_body.Written);
    }
}
