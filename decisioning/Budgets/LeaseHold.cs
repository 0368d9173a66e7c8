namespace PmOrleans.Decisioning.Budgets;

/// <summary>Answer to an attempt to set money aside.</summary>
public enum LeaseHold : byte
{
    Held,

    /// <summary>The campaign has free money, but this node holds too little of it.</summary>
    Pending,

    /// <summary>The campaign has no free money left.</summary>
    Exhausted,
}
