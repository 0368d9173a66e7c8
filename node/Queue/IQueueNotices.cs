namespace PmOrleans.Node.Queue;

/// <summary>Hears what an operator should know of a delivery; must be quick and must not throw. Nothing it is told is personal.</summary>
public interface IQueueNotices
{
    /// <summary>A touchpoint will not be applied and waits in the table of those set aside.</summary>
    void SetAside(long number, string reason);

    /// <summary>A delivery of so many touchpoints, from one on, failed for another reason than an outage; it is tried again.</summary>
    void Failed(int count, long number, Exception failure);

    /// <summary>The delivery itself failed; it goes on.</summary>
    void Stumbled(Exception failure);
}
