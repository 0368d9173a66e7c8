using System.Collections.Frozen;
using System.Collections.Immutable;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>
/// The candidates of a placement, grouped so that what cannot be eligible is not touched: offers with the same rules are one group, evaluated
/// once; in large placements groups hang under a condition such as <c>customer.tier == 'gold'</c> and are found by the customer's value.
/// Offers out of flight, out of stock or paused in the catalog are left out by a slice of time, rebuilt when a flight begins or ends.
/// </summary>
public sealed class CandidateIndex
{
    /// <summary>Up to so many offers every removed one is logged with its reason; above, groups are skipped and counted.</summary>
    public const int SmallPlacement = 256;

    private readonly ImmutableArray<Offer> _offers;
    private readonly ImmutableArray<CompiledRule> _rules;
    private CandidateSlice _slice;

    private CandidateIndex(ImmutableArray<Offer> offers, ImmutableArray<CompiledRule> rules)
    {
        (_offers, _rules) = (offers, rules);
        _slice = CandidateSlice.Build(offers, rules, 0);
    }

    public static CandidateIndex Build(ImmutableArray<Offer> offers, ImmutableArray<CompiledRule> rules) => new(offers, rules);

    internal CandidateSlice At(long nowMicros)
    {
        var slice = _slice;
        if (nowMicros < slice.FromMicros || nowMicros >= slice.UntilMicros)
        {
            // Two threads may build the same slice; either is right.
            slice = CandidateSlice.Build(_offers, _rules, nowMicros);
            Volatile.Write(ref _slice, slice);
        }

        return slice;
    }
}

/// <summary>Offers that share their eligibility rules.</summary>
internal sealed record CandidateGroup(ImmutableArray<int> Rules, ImmutableArray<Offer> Offers);

/// <summary>Groups found by the value of one slot.</summary>
internal sealed record CandidateBuckets(int Slot, bool IsList, FrozenDictionary<CelValue, ImmutableArray<CandidateGroup>> Groups);

/// <summary>The groups between two changes of any flight.</summary>
internal sealed record CandidateSlice(
    long FromMicros,
    long UntilMicros,
    ImmutableArray<CandidateGroup> Always,
    ImmutableArray<CandidateBuckets> Buckets,
    ImmutableArray<(Offer Offer, RemovalReason Reason)> Inactive)
{
    private const int MostLiterals = 16;

    public static CandidateSlice Build(ImmutableArray<Offer> offers, ImmutableArray<CompiledRule> rules, long nowMicros)
    {
        long from = long.MinValue, until = long.MaxValue;
        var inactive = ImmutableArray.CreateBuilder<(Offer, RemovalReason)>();
        var active = new List<Offer>(offers.Length);
        foreach (var offer in offers)
        {
            foreach (var edge in (ReadOnlySpan<long>)[offer.Campaign.StartMicros, offer.Campaign.EndMicros])
            {
                if (edge <= nowMicros)
                {
                    from = Math.Max(from, edge);
                }
                else
                {
                    until = Math.Min(until, edge);
                }
            }

            var reason = offer.Campaign.Paused ? RemovalReason.Paused
                : !offer.InStock ? RemovalReason.OutOfStock
                : nowMicros < offer.Campaign.StartMicros || nowMicros >= offer.Campaign.EndMicros ? RemovalReason.Flight
                : RemovalReason.None;
            if (reason == RemovalReason.None)
            {
                active.Add(offer);
            }
            else
            {
                inactive.Add((offer, reason));
            }
        }

        var groups = active
            .GroupBy(offer => string.Join(',', offer.Rules), StringComparer.Ordinal)
            .Select(group => new CandidateGroup(group.First().Rules, [.. group]))
            .ToList();
        return offers.Length <= CandidateIndex.SmallPlacement
            ? new CandidateSlice(from, until, [.. groups], [], inactive.ToImmutable())
            : WithBuckets(from, until, groups, rules, inactive.ToImmutable());
    }

    private static CandidateSlice WithBuckets(
        long from, long until, List<CandidateGroup> groups, ImmutableArray<CompiledRule> rules, ImmutableArray<(Offer, RemovalReason)> inactive)
    {
        var always = ImmutableArray.CreateBuilder<CandidateGroup>();
        var byAtom = new Dictionary<(int Slot, bool IsList), Dictionary<CelValue, List<CandidateGroup>>>();
        foreach (var group in groups)
        {
            var atom = group.Rules
                .SelectMany(rule => rules[rule].Atoms)
                .Where(atom => atom.Kind is RuleAtomKind.Equal or RuleAtomKind.In or RuleAtomKind.Contains && atom.Literals.Length <= MostLiterals)
                .OrderBy(atom => atom.Kind == RuleAtomKind.Contains)
                .ThenBy(atom => atom.Literals.Length)
                .FirstOrDefault();
            if (atom is null)
            {
                always.Add(group);
                continue;
            }

            var key = (atom.Slot, atom.Kind == RuleAtomKind.Contains);
            if (!byAtom.TryGetValue(key, out var byValue))
            {
                byAtom.Add(key, byValue = []);
            }

            foreach (var literal in atom.Literals.Distinct())
            {
                if (!byValue.TryGetValue(literal, out var list))
                {
                    byValue.Add(literal, list = []);
                }

                list.Add(group);
            }
        }

        var buckets = byAtom.Select(entry => new CandidateBuckets(
            entry.Key.Slot, entry.Key.IsList, entry.Value.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.ToImmutableArray())));
        return new CandidateSlice(from, until, always.ToImmutable(), [.. buckets], inactive);
    }
}
