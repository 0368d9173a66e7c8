namespace PmOrleans.Node.Log;

/// <summary>What a store takes up on its disk.</summary>
/// <param name="Bytes">Of all its pages, also of those that are in the write-ahead log alone.</param>
/// <param name="FreeBytes">Of these, what nothing is in: it is used before the store grows.</param>
public readonly record struct StoreSize(long Bytes, long FreeBytes);
