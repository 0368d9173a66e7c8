using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>The segments a customer is in, outside of a decision.</summary>
public static class SegmentMembership
{
    /// <summary>Ids in catalog order, as of a time and without a request's context.</summary>
    public static IReadOnlyList<string> Of(CustomerState state, CatalogSnapshot catalog, long nowMicros)
    {
        var input = new ProfileInput();
        input.Begin(catalog, state, [], nowMicros);
        return [.. input.Segments.Select(segment => segment.Id)];
    }
}
