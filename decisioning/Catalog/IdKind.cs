namespace PmOrleans.Decisioning.Catalog;

/// <summary>What a stable number stands for. Part of the stored registry: values never change.</summary>
public enum IdKind : byte
{
    Campaign = 1,
    Offer = 2,
    Creative = 3,
    Placement = 4,
    Policy = 5,
    Cap = 6,
    Category = 7,
    Channel = 8,
    Segment = 9,
    Metric = 10,
    Purpose = 11,
    Experiment = 12,
    Suppression = 13,

    /// <summary>Of an experiment: <c>experiment/variant</c>.</summary>
    Variant = 14,

    /// <summary>Experiments that exclude each other.</summary>
    Layer = 15,

    /// <summary>What segments add up over their members, by its text.</summary>
    SegmentAmount = 20,
}
