using System.Text.Json;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Gateway.Json;

namespace PmOrleans.Gateway.Decisions;

/// <summary>Writes an answer by hand: the same members as <see cref="DecisionBody"/>, which a test compares it with.</summary>
internal static class DecisionWriter
{
    public static void Write(Utf8JsonWriter json, DecisionAnswer answer)
    {
        Span<byte> time = stackalloc byte[IsoTime.MaxLength];
        json.WriteStartObject();
        json.WriteString("decisionId"u8, answer.DecisionId);
        json.WriteString("customerId"u8, answer.CustomerId);
        json.WriteString("at"u8, time[..IsoTime.Write(answer.AtMicros, time)]);
        json.WriteNumber("catalogVersion"u8, answer.CatalogVersion);
        json.WriteBoolean("degraded"u8, answer.Degraded);
        json.WriteStartArray("placements"u8);
        foreach (var placement in answer.Placements)
        {
            Write(json, placement);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, PlacementAnswer placement)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, placement.PlacementId);
        json.WriteString("policy"u8, placement.PolicyId);
        json.WriteBoolean("holdout"u8, placement.Holdout);
        if (placement.HoldUntilMicros is { } until)
        {
            Span<byte> time = stackalloc byte[IsoTime.MaxLength];
            json.WriteString("holdUntil"u8, time[..IsoTime.Write(until, time)]);
        }

        if (placement.Experiments.Length > 0)
        {
            json.WriteStartArray("experiments"u8);
            foreach (var (experiment, variant) in placement.Experiments)
            {
                json.WriteStartObject();
                json.WriteString("id"u8, experiment);
                json.WriteString("variant"u8, variant);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteStartArray("offers"u8);
        foreach (var offer in placement.Offers)
        {
            Write(json, offer);
        }

        json.WriteEndArray();
        if (placement.Candidates is { } candidates)
        {
            json.WriteStartArray("candidates"u8);
            foreach (var candidate in candidates)
            {
                Write(json, candidate);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, OfferAnswer offer)
    {
        json.WriteStartObject();
        json.WriteNumber("rank"u8, offer.Rank);
        json.WriteString("offerId"u8, offer.OfferId);
        if (offer.CampaignId is { } campaign)
        {
            json.WriteString("campaignId"u8, campaign);
        }

        if (offer.Creative is { } creative)
        {
            json.WriteString("creativeId"u8, creative.Id);
            json.WritePropertyName("content"u8);
            json.WriteRawValue(creative.ContentJson, skipInputValidation: true);
        }

        Number(json, "propensity"u8, offer.Propensity);
        Number(json, "score"u8, offer.Score);
        json.WriteBoolean("fallback"u8, offer.Fallback);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CandidateAnswer candidate)
    {
        json.WriteStartObject();
        json.WriteString("offerId"u8, candidate.OfferId);
        json.WriteString("campaignId"u8, candidate.CampaignId);
        var isRemoved = candidate.Reason != RemovalReason.None;
        if (isRemoved)
        {
            json.WriteString("reason"u8, ReasonNames.Of(candidate.Reason));
        }

        if (candidate.Detail is { } detail)
        {
            json.WriteString("detail"u8, detail);
        }

        if (!isRemoved)
        {
            Number(json, "rate"u8, candidate.Rate);
            Number(json, "spread"u8, candidate.Spread);
            Number(json, "score"u8, candidate.Score);
            Number(json, "price"u8, candidate.Price);
            Number(json, "probability"u8, candidate.Probability);
        }

        json.WriteEndObject();
    }

    /// <summary>JSON has no infinity: a number that is none is left out.</summary>
    private static void Number(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
    }
}
