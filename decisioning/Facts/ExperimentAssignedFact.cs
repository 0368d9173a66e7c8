namespace PmOrleans.Decisioning.Facts;

/// <summary>The customer met an experiment for the first time and has this variant from now on. In the record of the decision that it met it with.</summary>
/// <param name="Experiment">Stable number, as is the variant's.</param>
/// <param name="Slot">Its place among the customer's assignments, 0 to 63; an assignment that stood there is forgotten.</param>
public sealed record ExperimentAssignedFact(int Experiment, int Variant, int Slot, long AtMicros) : Fact
{
    public override FactKind Kind => FactKind.ExperimentAssigned;
}

/// <summary>That a placement was decided under a variant.</summary>
/// <param name="Slot">Of the assignment.</param>
public readonly record struct ExperimentExposure(int Experiment, int Variant, int Slot);

/// <summary>That an event answers a decision that was made under a variant.</summary>
/// <param name="ValueBeforeMicros">
/// What the customer had brought under this assignment before: with the event's own value it tells by how much the sum of the squares of all customers'
/// values grows.
/// </param>
public readonly record struct OutcomeExposure(int Experiment, int Variant, int Slot, long ValueBeforeMicros);
