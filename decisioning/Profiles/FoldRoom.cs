namespace PmOrleans.Decisioning.Profiles;

/// <summary>
/// Room in which one customer after the other is folded out of the history, by whoever needs a state only until it is saved: it grows with the largest and is
/// used again. Not for two threads at a time.
/// </summary>
public sealed class FoldRoom
{
    private PackedLists _lists;
    private MessageWindow _messages;

    /// <summary>Lends it to a state that nothing is folded into yet. Whatever it was lent to before must not be used any more.</summary>
    public void LendTo(CustomerState state)
    {
        _lists.Clear();
        _messages.Clear();
        state.Borrow(in _lists, in _messages);
    }

    /// <summary>Takes it back, as it has grown.</summary>
    public void TakeFrom(CustomerState state) => state.GiveBack(out _lists, out _messages);
}
