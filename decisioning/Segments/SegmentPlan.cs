using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Rules;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Segments;

/// <summary>
/// What the segments of one catalog hang on: from something that changes in a profile to the segments whose rule reads it, so that a touchpoint
/// costs its few rules and not all of them. Immutable, one per catalog version.
/// </summary>
public sealed class SegmentPlan
{
    internal SegmentPlan(ImmutableArray<Segment> segments)
    {
        Segments = segments;
        Words = (segments.Length + 63) / 64;
        NumberWords = segments.IsEmpty ? 0 : (segments.Max(segment => segment.Number) + 63) / 64;
        Numbered = new ulong[NumberWords];
        NumberToOrdinal = new int[NumberWords * 64];
        Array.Fill(NumberToOrdinal, -1);
        foreach (var segment in segments)
        {
            SegmentMask.Set(Numbered, segment.Number - 1);
            NumberToOrdinal[segment.Number - 1] = segment.Ordinal;
        }

        ById = segments.ToFrozenDictionary(segment => segment.Id, StringComparer.Ordinal);
        LiveByNumber = FrozenDictionary<int, Segment>.Empty;
    }

    /// <summary>Changes when a live segment may have other members, whatever the profiles: its rule, a metric or attribute it reads, an amount it adds up.</summary>
    public ulong Hash { get; internal init; }

    /// <summary>As in the catalog, by <see cref="Segment.Ordinal"/>: each after those it uses.</summary>
    public ImmutableArray<Segment> Segments { get; }

    /// <summary>Whether membership of a segment depends on a request's context: such a segment has no members between requests.</summary>
    public bool IsPerRequest(Segment segment) => !SegmentMask.Has(Live, segment.Ordinal);

    /// <summary>Everything that is reported for sums and for RFM.</summary>
    public required ImmutableArray<SegmentAmountDefinition> Amounts { get; init; }

    /// <summary>Words of a bit for each ordinal.</summary>
    internal int Words { get; }

    /// <summary>Words of a bit for each number.</summary>
    internal int NumberWords { get; }

    /// <summary>A bit for each number of <see cref="Segments"/>.</summary>
    internal ulong[] Numbered { get; }

    /// <summary>By number less 1; -1 where there is no such segment.</summary>
    internal int[] NumberToOrdinal { get; }

    internal FrozenDictionary<string, Segment> ById { get; }

    internal FrozenDictionary<int, Segment> LiveByNumber { get; init; }

    /// <summary>Ordinals of the segments with members of their own.</summary>
    internal ulong[] Live { get; init; } = [];

    /// <summary>The others, in order.</summary>
    internal ImmutableArray<Segment> PerRequest { get; init; } = [];

    /// <summary>Those that read what nobody knows the changes of.</summary>
    internal ulong[] Rechecked { get; init; } = [];

    /// <summary>Those that read RFM scores.</summary>
    internal ulong[] ByRfm { get; init; } = [];

    /// <summary>By ordinal: segments whose rule asks for this one; <c>null</c> for none.</summary>
    internal ulong[]?[] Dependents { get; init; } = [];

    /// <summary>Those whose next moment only their own rule's clock knows.</summary>
    internal ulong[] Clocked { get; init; } = [];

    /// <summary>Every number that rules only compare with constants.</summary>
    internal ImmutableArray<ComparedNumber> Numbers { get; init; } = [];

    /// <summary>Every recency that rules only compare with constants.</summary>
    internal ImmutableArray<ComparedAge> Ages { get; init; } = [];

    internal ImmutableArray<TimedInput> TimedInputs { get; init; } = [];

    internal FrozenDictionary<string, TypeEffects> ByType { get; init; } = FrozenDictionary<string, TypeEffects>.Empty;

    /// <summary>What any touchpoint changes: the last channel, and what nobody knows the changes of.</summary>
    internal TypeEffects ByAnyTouchpoint { get; init; } = new([], [], [], [], []);

    internal FrozenDictionary<string, ulong[]> ByAttribute { get; init; } = FrozenDictionary<string, ulong[]>.Empty;

    internal FrozenDictionary<string, ulong[]> ByPurpose { get; init; } = FrozenDictionary<string, ulong[]>.Empty;

    internal ImmutableArray<AtomGroup> Atoms { get; init; } = [];

    /// <summary>By index of <see cref="Amounts"/>: the numbers of segments that add it up; empty: it is reported for everybody.</summary>
    internal ImmutableArray<ImmutableArray<int>> AmountSegments { get; init; } = [];

    internal bool UsesRfm { get; init; }

    /// <summary>What a membership was found with: the definitions and, where they are read, the edges.</summary>
    internal ulong Stamp(RfmEdges rfm) => UsesRfm ? Hash + ((ulong)rfm.Generation * 0x9e3779b97f4a7c15) : Hash;

    public bool TryFind(string id, [NotNullWhen(true)] out Segment? segment) => ById.TryGetValue(id, out segment);

    /// <summary>Adds to <paramref name="dirty"/> the segments whose rule reads what a touchpoint has changed.</summary>
    internal void Mark(Touchpoint touchpoint, Span<ulong> dirty)
    {
        SegmentMask.Or(dirty, ByAnyTouchpoint.Segments);
        if (ByType.TryGetValue(touchpoint.Type, out var effects))
        {
            SegmentMask.Or(dirty, effects.Segments);
        }

        if (touchpoint.Type == TouchpointTypes.Identify)
        {
            foreach (var (name, _) in touchpoint.Set)
            {
                Mark(ByAttribute, name, dirty);
            }

            foreach (var name in touchpoint.Unset)
            {
                Mark(ByAttribute, name, dirty);
            }
        }
        else if (touchpoint is { Type: TouchpointTypes.Consent, Purpose: { } purpose })
        {
            Mark(ByPurpose, purpose, dirty);
        }
    }

    private static void Mark(FrozenDictionary<string, ulong[]> masks, string name, Span<ulong> dirty)
    {
        if (masks.TryGetValue(name, out var mask))
        {
            SegmentMask.Or(dirty, mask);
        }
    }

    /// <summary>What touchpoints of a type change.</summary>
    /// <param name="Segments">Mask of segments to look at again, whatever the values.</param>
    /// <param name="Numbers">Numbers that rules only compare with constants.</param>
    /// <param name="Ages">Recencies that rules only compare with constants.</param>
    /// <param name="Timed">Inputs whose next moment moves.</param>
    /// <param name="Amounts">Indexes of amounts.</param>
    internal sealed record TypeEffects(
        ulong[] Segments, ImmutableArray<ComparedNumber> Numbers, ImmutableArray<ComparedAge> Ages, ImmutableArray<TimedInput> Timed, ImmutableArray<int> Amounts);

    /// <summary>Many segments that each need one value of the same slot: all but those of the slot's value are passed over, unless the customer is in them.</summary>
    internal sealed record AtomGroup(int Slot, ulong[] Segments, FrozenDictionary<CelValue, ulong[]> ByValue);
}
