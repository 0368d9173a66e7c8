namespace PmOrleans.Decisioning.Catalog;

/// <summary>What a metric makes of the touchpoints in its window. Values are part of the hash of the definitions.</summary>
public enum MetricKind : byte
{
    /// <summary>How many; a whole number, 0 when there is none.</summary>
    Count = 1,

    /// <summary>The sum of a property; 0 when there is none.</summary>
    Sum = 2,

    /// <summary>The smallest value of a property; absent when there is none.</summary>
    Min = 3,

    /// <summary>The largest value of a property; absent when there is none.</summary>
    Max = 4,

    /// <summary>The value of a property in the latest touchpoint, by claimed time; absent when there is none.</summary>
    Last = 5,

    /// <summary>How many different values of a property; a whole number, 0 when there is none.</summary>
    Distinct = 6,

    /// <summary>A sum, or a count, in which what is one half-life old counts half; 0 when there is none.</summary>
    Decayed = 7,
}
