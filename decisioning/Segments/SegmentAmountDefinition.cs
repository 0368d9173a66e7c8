using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Segments;

/// <summary>What an amount is read from.</summary>
public enum SegmentAmountSource : byte
{
    /// <summary>A numeric expression of the catalog.</summary>
    Expression = 1,

    /// <summary>When the last touchpoint of the RFM type was.</summary>
    RfmLastAt = 2,

    /// <summary>How many there were.</summary>
    RfmCount = 3,

    /// <summary>What they were worth.</summary>
    RfmValue = 4,
}

/// <summary>A number of each customer that owners add up over the members of a segment, or take quintiles of.</summary>
/// <param name="Text">As the catalog writes it: <c>metrics.spend30d</c>.</param>
/// <param name="Number">Stable number, by text.</param>
/// <param name="Expression">For <see cref="SegmentAmountSource.Expression"/>: gives an int or a double.</param>
public sealed record SegmentAmountDefinition(string Text, int Number, SegmentAmountSource Source, CompiledRule? Expression);
