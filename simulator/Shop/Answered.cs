using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;

namespace PmOrleans.Simulator.Shop;

/// <summary>What an engine answered to a request for one offer.</summary>
/// <param name="Offer">Of the catalog; <c>null</c> for a fallback or when nothing was left.</param>
/// <param name="Refusal">Why the request was not served, or <c>null</c>.</param>
/// <param name="Candidates">When the request asked to explain.</param>
public readonly record struct Answered(string DecisionId, Offer? Offer, double Propensity, string? Refusal, CandidateAnswer[]? Candidates = null);
