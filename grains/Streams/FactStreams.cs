using Microsoft.Extensions.Logging;
using Orleans.Streams;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.GrainInterfaces;
using PmOrleans.GrainInterfaces.Streams;
using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Streams;

/// <summary>The records of one node's log as messages on streams, under the customer's internal key and without anything personal.</summary>
/// <param name="node">Whose log it is.</param>
internal sealed partial class FactStreams(string node, IStreamProvider streams, Func<CatalogSnapshot?> catalog, ILogger logger)
{
    /// <summary>Records read at once.</summary>
    public const int Page = 512;

    public async Task PublishAsync(LogRow row)
    {
        if (row.Customer.IsNone || catalog() is not { } live)
        {
            return;
        }

        List<Fact> facts;
        try
        {
            facts = FactCodec.Read(row.Accounting, []);
        }
        catch (CorruptDataException damaged)
        {
            // The verifier's business; subscribers must not wait for it.
            Unreadable(row.Sequence, damaged.Message);
            return;
        }

        var key = CustomerKeys.ToGuid(new UInt128(row.Customer.High, row.Customer.Low));
        foreach (var fact in facts)
        {
            if (fact is DecisionFact decision)
            {
                await streams.GetStream<DecisionMade>(StreamId.Create(StreamNames.Decisions, key)).OnNextAsync(Of(decision, row.Sequence, live));
            }
            else if (fact is SegmentChangeFact { Entered.Length: > 0 } or SegmentChangeFact { Left.Length: > 0 })
            {
                await streams.GetStream<SegmentsChanged>(StreamId.Create(StreamNames.Segments, key)).OnNextAsync(Of((SegmentChangeFact)fact, row.Sequence, live));
            }
        }
    }

    private DecisionMade Of(DecisionFact decision, long sequence, CatalogSnapshot live) => new(
        node,
        sequence,
        decision.AtMicros,
        decision.CatalogVersion,
        [.. decision.Placements.SelectMany(placement => placement.Offers.Select(offer => new ShownOffer(
            live.PlacementByNumber.GetValueOrDefault(placement.Placement)?.Id,
            live.OfferByNumber.GetValueOrDefault(offer.Offer)?.Id,
            live.CampaignByNumber.GetValueOrDefault(offer.Campaign)?.Id,
            offer.Propensity,
            placement.Holdout)))]);

    private SegmentsChanged Of(SegmentChangeFact change, long sequence, CatalogSnapshot live) =>
        new(node, sequence, change.AtMicros, Names(change.Entered, live), Names(change.Left, live));

    private static string[] Names(IEnumerable<int> numbers, CatalogSnapshot live) =>
        [.. numbers.Select(number => live.Segments.FirstOrDefault(segment => segment.Number == number)?.Id).OfType<string>()];

    [LoggerMessage(1, LogLevel.Error, "Record {Sequence} cannot be read and is not published: {Reason}")]
    private partial void Unreadable(long sequence, string reason);
}
