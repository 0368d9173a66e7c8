using PmOrleans.Node.Owners;

namespace PmOrleans.GrainInterfaces.Owners;

/// <summary>A report as it travels; nobody changes its arrays any more.</summary>
[GenerateSerializer]
[Immutable]
[Alias("PmOrleans.RangeReport")]
public sealed record RangeMessage(
    [property: Id(0)] string Node,
    [property: Id(1)] long Epoch,
    [property: Id(2)] long From,
    [property: Id(3)] long To,
    [property: Id(4)] byte[] Delta,
    [property: Id(5)] int CatalogVersion,
    [property: Id(6)] byte[] Meanings,
    [property: Id(7)] Guid Activation,
    [property: Id(8)] long Version,
    [property: Id(9)] byte[]? Forecasts)
{
    public static RangeMessage Of(RangeReport report) => new(
        report.Node, report.Epoch, report.From, report.To, report.Delta, report.CatalogVersion, report.Meanings, report.Activation, report.Version, report.Forecasts);

    public RangeReport ToReport() => new(Node, Epoch, From, To, Delta)
    {
        CatalogVersion = CatalogVersion,
        Meanings = Meanings,
        Activation = Activation,
        Version = Version,

        // An earlier release has none.
        Forecasts = Forecasts ?? [],
    };
}
