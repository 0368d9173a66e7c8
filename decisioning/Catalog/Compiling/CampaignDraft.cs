using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>A campaign whose offers are still to be read.</summary>
internal sealed record CampaignDraft(
    Fields Fields, SourceScalar Key, ImmutableArray<CapDraft> Caps, ImmutableArray<ConsentRequirement> Consents, Campaign Campaign);
