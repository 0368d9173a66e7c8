namespace PmOrleans.Node.Verification;

/// <summary>What a recount can find wrong; one line of the report each.</summary>
public enum FindingKind
{
    /// <summary>A sequence is missing: a record that was there is gone.</summary>
    FactLost,

    /// <summary>A fact, a decision id, a resolution or a settlement is there more often than once.</summary>
    FactDoubled,

    /// <summary>A record, snapshot or checkpoint cannot be read.</summary>
    Unreadable,

    /// <summary>Written under an epoch that never began, or after a later epoch had begun.</summary>
    EpochBroken,

    /// <summary>A decision answered an offer although a cap of it was full.</summary>
    CapBroken,

    /// <summary>Settled, reserved and leased together rose above the budget; measured in micros.</summary>
    BudgetOverspent,

    /// <summary>A lease went below zero, or money moved that was never there; measured in micros.</summary>
    MoneyUnbacked,

    /// <summary>The saved ledgers differ from the recount.</summary>
    LedgerDiffers,

    /// <summary>The saved models differ from the recount.</summary>
    ModelDiffers,

    /// <summary>A customer left a segment it was not in or entered one it was in, or a segment's saved size, flow or sum differs from the recount.</summary>
    SegmentDiffers,

    /// <summary>A snapshot differs from the fold of its records.</summary>
    SnapshotDiffers,

    /// <summary>An outcome of a decision that is not there, or an index entry without its record.</summary>
    Dangling,

    /// <summary>Something personal of an erased customer is still there.</summary>
    ErasureIncomplete,

    /// <summary>The saved books of experiments differ from the recount, or an event does not carry the variants of its decision.</summary>
    ExperimentDiffers,
}
