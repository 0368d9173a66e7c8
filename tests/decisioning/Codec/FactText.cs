using System.Text.Encodings.Web;
using System.Text.Json;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Tests.Codec;

/// <summary>Every field of something stored, as text that people and tests can compare.</summary>
internal static class FactText
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(IEnumerable<Fact> facts) => string.Join(",\n", facts.Select(fact => JsonSerializer.Serialize(fact, fact.GetType(), Options)));

    public static string Of(object value) => JsonSerializer.Serialize(value, Options);

    public static string Of(CustomerState state) => Of(new
    {
        state.Sequence,
        state.Ids,
        state.FirstSeenMicros,
        state.LastSeenMicros,
        state.LastChannel,
        state.DefinitionsHash,
        state.CatalogVersion,
        Attributes = state.Attributes.ToArray(),
        Consents = state.Consents.ToArray(),
        Tallies = state.Tallies.ToArray(),
        Open = state.Open.ToArray(),
        Lists = Enumerable.Range(0, state.ListCount).Select(i => new { Id = state.ListIdAt(i), Points = state.ListAt(i).ToArray() }),
        Messages = state.Messages.ToArray(),
        ChannelConsents = state.ChannelConsents.ToArray(),
        Suppressed = state.Suppressed.ToArray(),
        Experiments = state.Experiments.ToArray(),
        Segments = state.SegmentNumbers(),
    });
}
