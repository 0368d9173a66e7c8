namespace PmOrleans.GrainInterfaces.Serialization;

/// <summary>What this process writes to others: the oldest format until it is known that all of them read a newer one.</summary>
public sealed class WireSettings
{
    /// <summary>The newest format that this release reads and writes.</summary>
    public const WireFormat Newest = WireFormat.Binary;

    private volatile WireFormat _writes = WireFormat.Json;

    /// <summary>May be set at any time: what is under way is read by what it was written as.</summary>
    public WireFormat Writes
    {
        get => _writes;
        set => _writes = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "No such format.");
    }
}
