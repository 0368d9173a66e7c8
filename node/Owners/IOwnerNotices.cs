namespace PmOrleans.Node.Owners;

/// <summary>Hears what an operator should know of a node's way to the owners; must be quick and must not throw. Nothing it is told is personal.</summary>
public interface IOwnerNotices
{
    /// <summary>An owner has not taken this node's log for so long, though the log can be written; told once, and the owner is asked on.</summary>
    void NotTaken(OwnerName owner, TimeSpan since, Exception failure);

    /// <summary>Of whom that was told, takes it again.</summary>
    void TakenAgain(OwnerName owner, TimeSpan after);
}
