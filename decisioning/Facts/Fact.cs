namespace PmOrleans.Decisioning.Facts;

/// <summary>Kinds of fact. Values are stored in the log and never change or get reused.</summary>
public enum FactKind : byte
{
    Touchpoint = 1,
    Decision = 2,
    Outcome = 3,
    SegmentChange = 4,
    LeaseGranted = 5,
    LeaseReturned = 6,
    Published = 7,
    PauseChanged = 8,
    Erasure = 9,
    Identity = 10,
    ExperimentAssigned = 11,
    Suppressed = 12,
    StockChanged = 13,
}

/// <summary>An immutable entry in the log.</summary>
public abstract record Fact
{
    public abstract FactKind Kind { get; }
}

/// <summary>A fact of a kind this version does not know: kept as it is, and skipped by every fold.</summary>
public sealed record UnknownFact(byte RawKind, byte[] Accounting, byte[] Personal) : Fact
{
    public override FactKind Kind => (FactKind)RawKind;
}

/// <summary>An outside id that points to this customer from now on; the first of a customer comes with its first record.</summary>
/// <param name="Id"><c>null</c> once the customer is erased.</param>
public sealed record IdentityFact(string? Id) : Fact
{
    public override FactKind Kind => FactKind.Identity;
}

/// <summary>The customer's key and personal parts were destroyed at this point.</summary>
public sealed record ErasureFact(long AtMicros) : Fact
{
    public override FactKind Kind => FactKind.Erasure;
}

/// <summary>A version of the catalog went live.</summary>
public sealed record PublishedFact(int Version, string Hash, long AtMicros) : Fact
{
    public override FactKind Kind => FactKind.Published;
}

/// <summary>An operator paused or resumed a campaign.</summary>
public sealed record PauseChangedFact(int Campaign, bool Paused, long AtMicros) : Fact
{
    public override FactKind Kind => FactKind.PauseChanged;
}

/// <summary>An operator switched an offer out of stock or back.</summary>
public sealed record StockChangedFact(int Offer, bool InStock, long AtMicros) : Fact
{
    public override FactKind Kind => FactKind.StockChanged;
}

/// <summary>Money moved from a campaign's free budget to a node.</summary>
/// <param name="Day">0: the total budget; yyyymmdd: that day's.</param>
/// <param name="HolderEpoch">Epoch of the log that may spend it.</param>
public sealed record LeaseGrantedFact(int Campaign, int Day, long HolderEpoch, long AmountMicros) : Fact
{
    public override FactKind Kind => FactKind.LeaseGranted;
}

/// <summary>Unspent lease money back to the free budget: given back by its holder, or freed after the holder's log was sealed and folded to its end.</summary>
/// <param name="WrittenOff">The holder may have spent it without trace (<c>commit: async</c>): it counts as settled, not as free.</param>
public sealed record LeaseReturnedFact(int Campaign, int Day, long HolderEpoch, long AmountMicros, bool WrittenOff) : Fact
{
    public override FactKind Kind => FactKind.LeaseReturned;
}
