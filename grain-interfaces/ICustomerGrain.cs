using Orleans.Concurrency;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Port;

namespace PmOrleans.GrainInterfaces;

/// <summary>
/// One customer, in one place of the cluster at a time. Its key is the keyed 128-bit hash of the outside id, so that no directory, stream or log of the
/// cluster ever holds an id. Repeats are safe by decision and message id.
/// </summary>
[Alias("PmOrleans.Customer")]
public interface ICustomerGrain : IGrainWithGuidKey
{
    /// <summary>Applies the request's touchpoints and decides; answered when it is durable.</summary>
    [Alias("Decide")]
    ValueTask<GrainReply<DecisionAnswer>> DecideAsync(DecisionRequest request);

    /// <summary>Applies touchpoints of this customer, in order, as one record; answered when it is durable.</summary>
    [Alias("Ingest")]
    ValueTask<GrainReply<IngestAnswer>> IngestAsync(TouchpointBatch batch);

    [Alias("Read")]
    ValueTask<GrainReply<CustomerView>> ReadAsync(string customerId);

    /// <summary>What the customer would see with another catalog; leaves no trace.</summary>
    [Alias("Preview")]
    ValueTask<GrainReply<PreviewView>> PreviewAsync(PreviewRequest request);

    [Alias("Erase")]
    ValueTask<GrainReply<Erased>> EraseAsync(string customerId);

    /// <summary>Gives the customer one more outside id.</summary>
    [Alias("AddAlias")]
    ValueTask<GrainReply<CustomerIds>> AddAliasAsync(string customerId, string alias);

    /// <summary>Whom this id belongs to has changed: it is looked up anew. Nobody waits for it.</summary>
    [OneWay]
    [Alias("Forget")]
    ValueTask ForgetAsync();

    /// <summary>Ends what time alone has ended. Nobody waits for it: what gets lost is still due.</summary>
    [OneWay]
    [Alias("Wake")]
    ValueTask WakeAsync();

    /// <summary>The same for a sweep that may leave nobody out.</summary>
    /// <returns>Whether what there was to say is durable; <c>false</c>: ask again.</returns>
    [Alias("Visit")]
    ValueTask<bool> VisitAsync();
}
