namespace PmOrleans.Node.Owners;

/// <summary>What a sealed epoch has left on a lease.</summary>
/// <param name="Day">yyyymmdd, or 0 for the total budget.</param>
public readonly record struct LeaseLeft(int Campaign, int Day, long Micros);
