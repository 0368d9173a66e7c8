using System.Numerics;
using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Segments;

/// <summary>One amount of each customer it was reported of, by the customer's dense number: 8 bytes and a bit each. Mutable, owned by one fold.</summary>
internal sealed class AmountValues
{
    private long[] _micros = [];
    private ulong[] _has = [];
    private long[] _at = [];

    public int Count { get; private set; }

    /// <summary>0 for who has none.</summary>
    public long this[int index] => Has(index) ? _micros[index] : 0;

    public bool Has(int index) => index < _micros.Length && (_has[index / 64] >> (index % 64) & 1) != 0;

    public void Set(int index, long micros)
    {
        if (index >= _micros.Length)
        {
            var room = Math.Max(64, Math.Max(index + 1, _micros.Length * 2));
            Array.Resize(ref _micros, room);
            Array.Resize(ref _has, (room + 63) / 64);
        }

        if (!Has(index))
        {
            _has[index / 64] |= 1UL << (index % 64);
            Count++;
        }

        _micros[index] = micros;
    }

    /// <summary>Sets a value unless a later one is known: for facts that come in any order.</summary>
    /// <param name="at">The customer's sequence of the fact.</param>
    public void Set(int index, long micros, long at)
    {
        if (index < _at.Length && _at[index] >= at)
        {
            return;
        }

        Set(index, micros);
        NoteAt(index, at);
    }

    /// <summary>Sequence of the fact that set a value in any order; 0 when it is not known.</summary>
    public long At(int index) => index < _at.Length ? _at[index] : 0;

    public void NoteAt(int index, long at)
    {
        if (index >= _at.Length)
        {
            Array.Resize(ref _at, Math.Max(_micros.Length, index + 1));
        }

        _at[index] = at;
    }

    public void Remove(int index)
    {
        if (Has(index))
        {
            _has[index / 64] &= ~(1UL << (index % 64));
            Count--;
            if (index < _at.Length)
            {
                _at[index] = 0;
            }
        }
    }

    /// <summary>Numbers of the customers, ascending.</summary>
    public IEnumerable<int> Indexes()
    {
        for (var i = 0; i < _has.Length; i++)
        {
            for (var word = _has[i]; word != 0; word &= word - 1)
            {
                yield return (i * 64) + BitOperations.TrailingZeroCount(word);
            }
        }
    }

    public void Write(ByteWriter writer)
    {
        writer.Count(Count);
        foreach (var index in Indexes())
        {
            writer.Count(index);
            writer.Signed(_micros[index]);
        }
    }

    /// <param name="customers">Dense numbers there are.</param>
    public static AmountValues Read(ref ByteReader reader, int customers)
    {
        var values = new AmountValues();
        for (var left = reader.Items(2); left > 0; left--)
        {
            var index = reader.Count();
            if (index >= customers)
            {
                throw new CorruptDataException($"an amount of customer {index} of {customers}");
            }

            values.Set(index, reader.Signed());
        }

        return values;
    }
}
