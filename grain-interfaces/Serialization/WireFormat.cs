namespace PmOrleans.GrainInterfaces.Serialization;

/// <summary>How the core's values are written between silos. Every release reads all of them; numbers are never used again.</summary>
public enum WireFormat
{
    /// <summary>Members by name.</summary>
    Json = 1,

    /// <summary>Members by their order, each object with its length, so that a later release may append some.</summary>
    Binary = 2,
}
