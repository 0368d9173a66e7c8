namespace PmOrleans.Decisioning.Decisions;

/// <summary>Why a candidate was not answered. Values are stored in the log and never change.</summary>
public enum RemovalReason : byte
{
    None = 0,

    /// <summary>Its campaign has not begun or is over.</summary>
    Flight = 1,

    /// <summary>Paused in the catalog or by an operator.</summary>
    Paused = 2,

    OutOfStock = 3,

    Consent = 4,

    QuietHours = 5,

    /// <summary>Named in the request's <c>exclude</c>.</summary>
    Excluded = 6,

    Eligibility = 7,

    /// <summary>A rule could not be evaluated: something it reads is absent, or it divides by zero.</summary>
    RuleError = 8,

    Cap = 9,

    /// <summary>The campaign has no free money left.</summary>
    BudgetExhausted = 10,

    /// <summary>There is money, but this node holds none of it at the moment.</summary>
    LeasePending = 11,

    /// <summary>Another offer of its group is in the answer already.</summary>
    MutualExclusion = 12,

    /// <summary>It is in the answer already.</summary>
    Taken = 13,

    /// <summary>Its score is below zero: at the price of the campaign's money it is not worth showing.</summary>
    Pacing = 14,

    /// <summary>The customer ignored or dismissed it, or its like, too often; it is paused for a while.</summary>
    Suppressed = 15,

    /// <summary>The contacts over all channels are used up.</summary>
    ContactBudget = 16,

    /// <summary>The customer's variant of an experiment leaves it out.</summary>
    Experiment = 17,
}
