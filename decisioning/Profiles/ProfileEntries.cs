using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Profiles;

/// <summary>An attribute as it was set.</summary>
public readonly record struct AttributeEntry(string Name, PropertyValue Value);

/// <summary>What a customer said about one purpose, last.</summary>
public readonly record struct ConsentEntry(string Purpose, bool Granted, long AtMicros);

/// <summary>What a customer said about one purpose in one channel, last: narrower than what was said of the purpose, and stronger.</summary>
public readonly record struct ChannelConsentEntry(string Purpose, string Channel, bool Granted, long AtMicros);

/// <summary>A pause that a suppression rule has put on an offer, campaign, category, channel or on all.</summary>
/// <param name="Rule">Stable number of the rule.</param>
/// <param name="Over">Stable number of what is paused; 0 over all.</param>
public readonly record struct SuppressedEntry(int Rule, CapPer Per, int Over, long UntilMicros);

/// <summary>The variant of an experiment that a customer has.</summary>
/// <param name="AtMicros">Since when.</param>
/// <param name="ValueMicros">What events that answer decisions made under it have brought.</param>
public readonly record struct ExperimentEntry(int Experiment, int Variant, long AtMicros, long ValueMicros);

/// <summary>Frequency, recency and monetary value of one type of touchpoint over the customer's life.</summary>
public readonly record struct TouchTally(string Type, long Count, long LastAtMicros, long ValueMicros);

/// <summary>What happened so far to a decided offer.</summary>
[Flags]
public enum OpenFlags : byte
{
    None = 0,
    Impressed = 1,
    Clicked = 2,
    Converted = 4,

    /// <summary>The trial has its reward; later events of it are counted and teach nothing.</summary>
    Resolved = 8,
    Settled = 16,
    Holdout = 32,

    /// <summary>A lease of the total budget stands behind the money.</summary>
    ChargesTotal = 64,
}

/// <summary>A decided offer inside its windows.</summary>
public struct OpenDecision
{
    /// <summary>Customer sequence of the decision's record.</summary>
    public long Sequence { get; set; }

    /// <summary>Lower half of the keyed hash of the decision id.</summary>
    public ulong DecisionHash { get; set; }

    public long AtMicros { get; set; }

    public long HoldUntilMicros { get; set; }

    public long ReserveUntilMicros { get; set; }

    public long GoalUntilMicros { get; set; }

    public long CostMicros { get; set; }

    /// <summary>Still set aside.</summary>
    public long ReservedMicros { get; set; }

    public int Slot { get; set; }

    public int Offer { get; set; }

    public int Campaign { get; set; }

    public int Category { get; set; }

    public int Channel { get; set; }

    public int Placement { get; set; }

    public int Policy { get; set; }

    public int Segment { get; set; }

    public int BudgetDay { get; set; }

    public OpenFlags Flags { get; set; }

    /// <summary>Which of the customer's experiments it was decided under: a bit for each slot.</summary>
    public ulong Exposed { get; set; }

    public readonly bool Has(OpenFlags flag) => (Flags & flag) == flag;

    /// <summary>Seen, and neither clicked nor bought.</summary>
    public readonly bool IsIgnored() => (Flags & (OpenFlags.Impressed | OpenFlags.Clicked | OpenFlags.Converted)) == OpenFlags.Impressed;

    /// <summary>When something must happen to it without anybody asking, or <see cref="long.MaxValue"/>.</summary>
    public readonly long DueMicros
    {
        get
        {
            var due = Has(OpenFlags.Resolved) ? long.MaxValue : GoalUntilMicros;
            return ReservedMicros > 0 ? Math.Min(due, ReserveUntilMicros) : due;
        }
    }

    /// <summary>Whether nothing can happen to it any more.</summary>
    public readonly bool IsOver(long nowMicros) =>
        Has(OpenFlags.Resolved) && ReservedMicros == 0 && GoalUntilMicros <= nowMicros && HoldUntilMicros <= nowMicros;
}
