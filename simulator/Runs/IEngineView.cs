namespace PmOrleans.Simulator.Runs;

/// <summary>What an operator sees of an engine, in this process or behind HTTP.</summary>
internal interface IEngineView
{
    /// <summary>Those with a budget and those without.</summary>
    Task<IReadOnlyList<SeenCampaign>> CampaignsAsync(CancellationToken cancellation = default);

    /// <summary>Sizes of the segments that the engine counts, by id.</summary>
    Task<IReadOnlyDictionary<string, long>> SegmentSizesAsync(CancellationToken cancellation = default);

    /// <summary><c>null</c> for a customer who has not come yet.</summary>
    Task<SeenCustomer?> CustomerAsync(string id, CancellationToken cancellation = default);
}
