using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>A placement that does not yet know its offers.</summary>
internal sealed record PlacementDraft(
    string Id, int Number, SourceScalar Key, string Channel, int Slots, Policy Policy, double HoldoutShare, Fallback? Fallback,
    QuietHours? QuietHours, ImmutableArray<ConsentRequirement> Consents, bool FallbackOnOutage)
{
    public Placement ToPlacement(int ordinal, int channelNumber, ImmutableArray<Offer> offers, ImmutableArray<CompiledRule> rules, ImmutableArray<Experiment> experiments) => new()
    {
        Id = Id,
        Number = Number,
        Ordinal = ordinal,
        Slots = Slots,
        Channel = Channel,
        ChannelNumber = channelNumber,
        Policy = Policy,
        HoldoutShare = HoldoutShare,
        Fallback = Fallback,
        QuietHours = QuietHours,
        Consents = Consents,
        Experiments = [.. experiments.Where(experiment => experiment.ActsAt(Id))],
        FallbackOnOutage = FallbackOnOutage,
        Offers = offers,
        Candidates = CandidateIndex.Build(offers, rules),
    };
}
