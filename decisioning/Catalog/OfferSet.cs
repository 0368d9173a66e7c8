namespace PmOrleans.Decisioning.Catalog;

/// <summary>A set of offers by their stable numbers; immutable, swapped whole. Asking is one shift and takes no lock.</summary>
public sealed class OfferSet
{
    private const int WordBits = 64;

    private readonly ulong[] _words;

    private OfferSet(ulong[] words) => _words = words;

    public static OfferSet Empty { get; } = new([]);

    /// <summary>The numbers in it, ascending.</summary>
    public IEnumerable<int> Numbers => Enumerable.Range(0, _words.Length * WordBits).Where(Contains);

    /// <param name="offer">Stable number, from 1.</param>
    public bool Contains(int offer) => (uint)(offer / WordBits) < (uint)_words.Length && (_words[offer / WordBits] >> (offer % WordBits) & 1) != 0;

    /// <summary>The set with an offer in it or out of it; this set when nothing changes.</summary>
    public OfferSet With(int offer, bool member)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offer);
        if (Contains(offer) == member)
        {
            return this;
        }

        var words = new ulong[Math.Max(_words.Length, (offer / WordBits) + 1)];
        _words.CopyTo(words, 0);
        words[offer / WordBits] ^= 1UL << (offer % WordBits);
        return new OfferSet(words);
    }
}
