namespace PmOrleans.Node.Log;

/// <summary>
/// A reader of a store in which saved states lie in places, numbered from 1: whoever goes through all of them in this order, and saves them again, touches each
/// page of the store once and not once for every state on it.
/// </summary>
internal interface IPlacedStates
{
    /// <summary>The highest place there is; 0 when nothing is saved. A state keeps its place; new ones come behind.</summary>
    long LastPlace();

    /// <summary>
    /// Saved states behind a place, ascending, at most <paramref name="limit"/> rows. A customer with several outside ids comes once for each of them, or for
    /// some of them at the end of a page, but once at least.
    /// </summary>
    IReadOnlyList<SavedCustomerRow> ReadPlaced(long afterPlace, int limit);
}
