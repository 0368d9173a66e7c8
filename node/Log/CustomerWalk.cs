namespace PmOrleans.Node.Log;

/// <summary>
/// Everybody of a store, page by page, in parts that can be walked side by side: by the places of the saved states, of which each page of the store is
/// touched once, or by the hashes of the ids.
/// </summary>
/// <param name="placed">The reader, where states have places; <c>null</c>: by hashes.</param>
/// <param name="lastPlace">The last place of the walk, from 1; 0: by hashes.</param>
internal sealed class CustomerWalk(ILogReader reader, IPlacedStates? placed, long lastPlace)
{
    /// <summary>What a part covers: positions from behind the first, the last included.</summary>
    public (UInt128 After, UInt128 Last) PartOf(int part, int parts) => PartOf(lastPlace, part, parts);

    /// <inheritdoc cref="PartOf(int, int)"/>
    public static (UInt128 After, UInt128 Last) PartOf(long lastPlace, int part, int parts)
    {
        if (lastPlace > 0)
        {
            var places = (UInt128)(ulong)lastPlace;
            return (places * (uint)part / (uint)parts, places * (uint)(part + 1) / (uint)parts);
        }

        var width = UInt128.MaxValue / (uint)parts;
        return (width * (uint)part, part == parts - 1 ? UInt128.MaxValue : width * (uint)(part + 1));
    }

    /// <summary>The next customers of a part, ascending; fewer than <paramref name="limit"/> at its end.</summary>
    public IReadOnlyList<SavedCustomerRow> Read(UInt128 after, UInt128 last, int limit)
    {
        if (placed is not null)
        {
            return placed.ReadPlaced((long)after, (long)last, limit);
        }

        var page = reader.ReadSaved(after, limit);
        return page.Count > 0 && page[^1].Identity.IdHash > last ? [.. page.TakeWhile(row => row.Identity.IdHash <= last)] : page;
    }

    public UInt128 PositionOf(SavedCustomerRow row) => placed is null ? row.Identity.IdHash : (UInt128)(ulong)row.Snapshot!.Place;
}
