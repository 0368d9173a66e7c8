namespace PmOrleans.Decisioning.Facts;

/// <summary>What happened to a decided offer. Values are stored.</summary>
public enum OutcomeEvent : byte
{
    Impression = 2,
    Click = 3,
    Conversion = 4,
    Dismiss = 5,
    Rating = 6,

    /// <summary>A touchpoint of another type that is the policy's goal.</summary>
    Goal = 7,

    /// <summary>The attribution window ended.</summary>
    Expired = 10,

    /// <summary>The money's reservation ended without its event.</summary>
    Released = 11,
}

/// <summary>An event of a decided offer, or the end of one of its windows: counts, money and learning move here and nowhere else.</summary>
public sealed record OutcomeFact : Fact
{
    public override FactKind Kind => FactKind.Outcome;

    public required OutcomeEvent Event { get; init; }

    public required long AtMicros { get; init; }

    /// <summary>Customer sequence of the decision's record; 0 when the event answers no decision that is still open ("from elsewhere").</summary>
    public required long DecisionSequence { get; init; }

    /// <summary>Position among the offers of that decision, over all its placements.</summary>
    public required int Slot { get; init; }

    public required int Offer { get; init; }

    public required int Campaign { get; init; }

    public required int Category { get; init; }

    public required int Channel { get; init; }

    public required int Placement { get; init; }

    public required int Policy { get; init; }

    public required int Segment { get; init; }

    public required long DecisionAtMicros { get; init; }

    public required bool Holdout { get; init; }

    /// <summary>The event came after its window, or claims to be older than five minutes: counted, and can only suppress.</summary>
    public required bool Late { get; init; }

    /// <summary>Value the event brought, in micros.</summary>
    public long ValueMicros { get; init; }

    /// <summary>The trial's reward, 0 or 1, when this resolves it; -1 otherwise.</summary>
    public int Reward { get; init; } = -1;

    /// <summary>Spent now; <see cref="FromReserveMicros"/> of it was set aside before, the rest comes from the lease.</summary>
    public long SettledMicros { get; init; }

    public long FromReserveMicros { get; init; }

    /// <summary>Reservation given back to the lease.</summary>
    public long ReleasedMicros { get; init; }

    /// <summary>Delivered beyond the budget: recorded, never spend.</summary>
    public long UnbilledMicros { get; init; }

    /// <summary>As in the decision: whether a lease of the total budget stands behind the money.</summary>
    public bool ChargesTotal { get; init; }

    public int BudgetDay { get; init; }

    /// <summary>Variants its decision was made under; none for what time alone brings.</summary>
    public OutcomeExposure[] Exposures { get; init; } = [];
}
