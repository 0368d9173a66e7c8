using System.Collections.Frozen;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>A declared purpose of consent, as campaigns, offers and placements need it.</summary>
/// <param name="UnknownAllows">What it means that the customer never said anything.</param>
public sealed record ConsentRequirement(string Purpose, bool UnknownAllows)
{
    /// <summary>Stable number; 0 for one that no catalog declares.</summary>
    public int Number { get; init; }

    /// <summary>Channels in which not having said anything means something else.</summary>
    public FrozenDictionary<string, bool> ChannelToUnknownAllows { get; init; } = FrozenDictionary<string, bool>.Empty;

    /// <summary>Whether it may be used in a channel: what was said of the channel, else of the purpose, else what silence means there.</summary>
    public bool IsGiven(CustomerState state, string channel) =>
        state.TryGetConsent(Purpose, channel, out var granted) ? granted
        : ChannelToUnknownAllows.Count > 0 && ChannelToUnknownAllows.TryGetValue(channel, out var allows) ? allows
        : UnknownAllows;
}
