namespace PmOrleans.Node.Owners;

/// <summary>
/// A contiguous stretch of one node's log for an owner, reduced to what the owner adds; or, with an empty stretch, the question where the owner stands and what
/// has changed.
/// </summary>
/// <param name="Node">Whose log it is, whoever reports it.</param>
/// <param name="Epoch">The reporting node's, when it reports its own log; 0 for the log of a node that is gone.</param>
/// <param name="From">The stretch is (from, to].</param>
/// <param name="Delta">What it comes to; empty for an empty stretch.</param>
public sealed record RangeReport(string Node, long Epoch, long From, long To, byte[] Delta)
{
    /// <summary>Version of the catalog the reporter lives by.</summary>
    public int CatalogVersion { get; init; }

    /// <summary>Half-life and window of each policy of that version, for the owner of the models; otherwise empty.</summary>
    public byte[] Meanings { get; init; } = [];

    /// <summary>What the reporter expects of paced campaigns, for the owner of the campaigns; otherwise empty.</summary>
    public byte[] Forecasts { get; init; } = [];

    /// <summary>The owner's activation and version that the reporter knows the figures of.</summary>
    public Guid Activation { get; init; }

    /// <inheritdoc cref="Activation"/>
    public long Version { get; init; }

    /// <summary>Whether this only asks.</summary>
    public bool IsQuestion => From == To;
}
