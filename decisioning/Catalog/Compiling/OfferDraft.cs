using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>An offer with the place it was written at.</summary>
internal sealed record OfferDraft(Fields Fields, SourceScalar Key, Offer Offer);
