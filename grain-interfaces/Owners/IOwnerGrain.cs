namespace PmOrleans.GrainInterfaces.Owners;

/// <summary>An owner of figures of the whole cluster: one of each kind, under the key <see cref="Key"/>, in one place at a time.</summary>
[Alias("PmOrleans.Owner")]
public interface IOwnerGrain : IGrainWithStringKey
{
    /// <summary>The only one there is.</summary>
    const string Key = "cluster";

    /// <summary>Folds a stretch of a log, once, and answers with what changed.</summary>
    [Alias("Report")]
    ValueTask<RangeReply> ReportAsync(RangeMessage report);
}
