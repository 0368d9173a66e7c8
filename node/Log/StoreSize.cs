namespace PmOrleans.Node.Log;

/// <summary>What a store takes up on its disk.</summary>
/// <param name="Bytes">Of the file, without what is written and not yet in it.</param>
/// <param name="FreeBytes">Of these, what nothing is in: it is used before the file grows.</param>
public readonly record struct StoreSize(long Bytes, long FreeBytes);
