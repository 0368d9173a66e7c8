using System.Collections.Frozen;
using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Caps;

/// <summary>Which cap scopes an event of an offer falls under. Immutable, one per catalog version.</summary>
public sealed class CapIndex
{
    private readonly FrozenDictionary<(CapPer Per, int Over), ImmutableArray<CapScope>> _scopes;
    private readonly ImmutableArray<CapScope> _overAll;

    public CapIndex(CatalogSnapshot catalog)
    {
        _scopes = catalog.CapScopes
            .GroupBy(scope => (scope.Cap.Per, scope.Over))
            .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray());
        _overAll = Of(CapPer.All, 0);
        IsEmpty = catalog.CapScopes.IsEmpty;
    }

    public bool IsEmpty { get; }

    /// <summary>Scopes over one offer, campaign, category or channel, by its stable number; with <see cref="CapPer.All"/> the number is 0.</summary>
    public ImmutableArray<CapScope> Of(CapPer per, int over) =>
        per != CapPer.All && over == 0 ? [] : _scopes.GetValueOrDefault((per, over), []);

    /// <summary>Every scope an event falls under; numbers that are 0 match nothing.</summary>
    public Enumerator For(int offer, int campaign, int category, int channel) => new(this, offer, campaign, category, channel);

    /// <summary>Walks the scopes of offer, campaign, category, channel and all, without allocating.</summary>
    public struct Enumerator(CapIndex index, int offer, int campaign, int category, int channel)
    {
        private ImmutableArray<CapScope> _part = [];
        private int _at;
        private int _stage;

        public readonly CapScope Current => _part[_at];

        public readonly Enumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (++_at < _part.Length)
            {
                return true;
            }

            while (_stage < 5)
            {
                _part = _stage++ switch
                {
                    0 => index.Of(CapPer.Offer, offer),
                    1 => index.Of(CapPer.Campaign, campaign),
                    2 => index.Of(CapPer.Category, category),
                    3 => index.Of(CapPer.Channel, channel),
                    _ => index._overAll,
                };
                _at = 0;
                if (!_part.IsEmpty)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
