namespace PmOrleans.Decisioning.Facts;

/// <summary>A decision with all that is needed to explain, replay, learn from and evaluate it.</summary>
public sealed record DecisionFact : Fact
{
    public override FactKind Kind => FactKind.Decision;

    public required long AtMicros { get; init; }

    public required int CatalogVersion { get; init; }

    /// <summary>Personal: <c>null</c> once the customer is erased.</summary>
    public required string? DecisionId { get; init; }

    /// <summary>Keyed hash of the decision id, and seed of its draws.</summary>
    public required UInt128 DecisionHash { get; init; }

    public required ulong BodyHash { get; init; }

    /// <summary>Personal: as it was sent.</summary>
    public required Property[] Context { get; init; }

    public required PlacementDecision[] Placements { get; init; }
}

/// <summary>What one placement was answered.</summary>
/// <param name="Placement">Stable number, as all numbers here.</param>
/// <param name="Segment">Segment whose estimates were used; 0 for those over all.</param>
/// <param name="ModelVersion">Version of the estimates' replica.</param>
public sealed record PlacementDecision(int Placement, int Policy, bool Holdout, int Segment, long ModelVersion, ServedOffer[] Offers)
{
    /// <summary>
    /// Candidates with their numbers and reasons, in the form of <see cref="Decisions.TraceCodec"/>. Fresh from a decision it lies in the
    /// workspace, valid until that decides again.
    /// </summary>
    public ReadOnlyMemory<byte> Trace { get; internal set; }

    /// <summary>Quiet hours that hold: when they end and it may be asked again; otherwise 0.</summary>
    public long HoldUntilMicros { get; init; }

    /// <summary>Variants it was decided under, of every experiment the customer is in here.</summary>
    public ExperimentExposure[] Exposures { get; init; } = [];
}

/// <summary>One offer of an answer, with its money and its windows.</summary>
public sealed record ServedOffer
{
    /// <summary>0 for a fallback.</summary>
    public required int Offer { get; init; }

    public required int Creative { get; init; }

    public required int Campaign { get; init; }

    public required int Category { get; init; }

    public required int Channel { get; init; }

    /// <summary>Propensity of offer times that of the creative; 0 for a fallback, which has none.</summary>
    public required double Propensity { get; init; }

    public required double Score { get; init; }

    /// <summary>What one settlement costs.</summary>
    public required long CostMicros { get; init; }

    /// <summary>Set aside from the lease with this decision and still open after it.</summary>
    public required long ReservedMicros { get; init; }

    /// <summary>Spent with this decision itself.</summary>
    public required long SettledMicros { get; init; }

    /// <summary>Whether the money came from a lease of the campaign's total budget.</summary>
    public required bool ChargesTotal { get; init; }

    /// <summary>yyyymmdd in the campaign's zone when a daily budget is charged; otherwise 0.</summary>
    public required int BudgetDay { get; init; }

    /// <summary>End of the reservation under the caps; 0 where none counts on a later event.</summary>
    public required long HoldUntilMicros { get; init; }

    /// <summary>End of the money's reservation.</summary>
    public required long ReserveUntilMicros { get; init; }

    /// <summary>End of the attribution window; the trial resolves then at the latest.</summary>
    public required long GoalUntilMicros { get; init; }

    public bool IsFallback => Offer == 0;
}
