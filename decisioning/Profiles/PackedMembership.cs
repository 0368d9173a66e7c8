using System.Numerics;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Profiles;

/// <summary>
/// The segments a customer is in, a bit each by stable number, and the amounts last reported for them. The first 64 segments need no object, all
/// beyond and the amounts share one array. A mutable struct, owned by one <see cref="CustomerState"/>; <c>default</c> is "in none".
/// </summary>
internal struct PackedMembership
{
    private const int WordBits = 64;

    private ulong _first;

    // { words of bits after the first } { number, value }*
    private ulong[]? _more;
    private int _moreWords;

    public readonly bool IsEmpty => Count == 0 && AmountCount == 0;

    /// <summary>Highest number that has room, which may be more than is in use.</summary>
    private readonly int Room => WordBits * (1 + _moreWords);

    public readonly int Count
    {
        get
        {
            var count = BitOperations.PopCount(_first);
            foreach (var word in _more.AsSpan(0, _moreWords))
            {
                count += BitOperations.PopCount(word);
            }

            return count;
        }
    }

    public readonly int AmountCount => ((_more?.Length ?? 0) - _moreWords) / 2;

    /// <param name="number">1 or more.</param>
    public readonly bool Has(int number)
    {
        var bit = number - 1;
        return bit < WordBits
            ? (_first >> bit & 1) != 0
            : bit < Room && (_more![(bit / WordBits) - 1] >> (bit % WordBits) & 1) != 0;
    }

    /// <summary>The word of bits for the numbers from <c>64 x index + 1</c>; 0 beyond the last.</summary>
    public readonly ulong Word(int index) => index == 0 ? _first : index <= _moreWords ? _more![index - 1] : 0;

    /// <summary>Words that may hold a bit.</summary>
    public readonly int Words => 1 + _moreWords;

    public void Set(int number, bool isIn)
    {
        var bit = number - 1;
        if (bit < WordBits)
        {
            _first = isIn ? _first | (1UL << bit) : _first & ~(1UL << bit);
            return;
        }

        if (bit >= Room)
        {
            if (!isIn)
            {
                return;
            }

            var words = bit / WordBits;
            var larger = new ulong[(_more?.Length ?? 0) + words - _moreWords];
            _more.AsSpan(0, _moreWords).CopyTo(larger);
            _more.AsSpan(_moreWords).CopyTo(larger.AsSpan(words));
            (_more, _moreWords) = (larger, words);
        }

        ref var word = ref _more![(bit / WordBits) - 1];
        word = isIn ? word | (1UL << (bit % WordBits)) : word & ~(1UL << (bit % WordBits));
    }

    public readonly bool TryGetAmount(int number, out long micros)
    {
        for (var i = _moreWords; _more is not null && i < _more.Length; i += 2)
        {
            if (_more[i] == (ulong)number)
            {
                micros = (long)_more[i + 1];
                return true;
            }
        }

        micros = 0;
        return false;
    }

    public void SetAmount(int number, long micros)
    {
        for (var i = _moreWords; _more is not null && i < _more.Length; i += 2)
        {
            if (_more[i] == (ulong)number)
            {
                _more[i + 1] = (ulong)micros;
                return;
            }
        }

        var end = _more?.Length ?? 0;
        Array.Resize(ref _more, end + 2);
        _more[end] = (ulong)number;
        _more[end + 1] = (ulong)micros;
    }

    public readonly SegmentAmount AmountAt(int index) => new((int)_more![_moreWords + (2 * index)], (long)_more[_moreWords + (2 * index) + 1]);

    /// <summary>Layout: <c>count { number step }* count { number value }*</c>, amounts in the order in which they came.</summary>
    public readonly void Write(ByteWriter writer)
    {
        writer.Count(Count);
        var before = 0;
        for (var index = 0; index < Words; index++)
        {
            for (var word = Word(index); word != 0; word &= word - 1)
            {
                var number = (index * WordBits) + BitOperations.TrailingZeroCount(word) + 1;
                writer.Count(number - before);
                before = number;
            }
        }

        writer.Count(AmountCount);
        for (var i = 0; i < AmountCount; i++)
        {
            var (number, micros) = AmountAt(i);
            writer.Count(number);
            writer.Signed(micros);
        }
    }

    public static PackedMembership Read(ref ByteReader reader)
    {
        var read = new PackedMembership();
        var number = 0;
        for (var count = reader.Items(); count > 0; count--)
        {
            number += reader.Count();
            if (number is < 1 or > CustomerState.HighestSegment)
            {
                throw new CorruptDataException($"a customer is in segment {number}; numbers are 1 to {CustomerState.HighestSegment}");
            }

            read.Set(number, isIn: true);
        }

        for (var count = reader.Items(2); count > 0; count--)
        {
            read.SetAmount(reader.Count(), reader.Signed());
        }

        return read;
    }
}
