using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>The segments a customer is in, outside of a decision.</summary>
public static class SegmentMembership
{
    /// <summary>Ids in catalog order, as of a time and without a request's context. What the state remembers where that holds, evaluated afresh otherwise.</summary>
    public static IReadOnlyList<string> Of(CustomerState state, CatalogSnapshot catalog, long nowMicros, RfmEdges? rfm = null)
    {
        var input = new ProfileInput();
        input.Begin(catalog, state, [], nowMicros, rfm);
        return [.. input.Segments.Select(segment => segment.Id)];
    }
}
