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
    /// Saved states behind a place, ascending, each customer once. No identity is looked up for it: the hash of the id is 0, and the ids are in the state.
    /// </summary>
    /// <param name="afterPlace">From behind this place.</param>
    /// <param name="lastPlace">No further than this.</param>
    /// <param name="limit">Rows at most.</param>
    IReadOnlyList<SavedCustomerRow> ReadPlaced(long afterPlace, long lastPlace, int limit);
}
