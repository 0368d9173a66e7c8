using System.Buffers;
using System.Text.Json;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Time;

namespace PmOrleans.Simulator.Targets;

/// <summary>Requests as the HTTP API takes them.</summary>
internal static class RequestJson
{
    /// <param name="withTime">Whether the node takes time from its requests.</param>
    /// <param name="run">Stands before every decision and message id: the gateway may have seen the same file before.</param>
    public static byte[] Decision(DecisionRequest request, bool withTime, string run)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (request.DecisionId is { } id)
            {
                json.WriteString("decisionId", run + id);
            }

            json.WriteString("customerId", request.CustomerId);
            json.WriteStartArray("placements");
            foreach (var placement in request.Placements)
            {
                json.WriteStartObject();
                json.WriteString("id", placement.Id);
                json.WriteNumber("count", placement.Count);
                if (placement.Exclude.Length > 0)
                {
                    json.WriteStartArray("exclude");
                    Array.ForEach(placement.Exclude, json.WriteStringValue);
                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            Bag(json, "context", request.Context);
            if (request.Touchpoints.Length > 0)
            {
                json.WriteStartArray("touchpoints");
                Array.ForEach(request.Touchpoints, touchpoint => Write(json, touchpoint, run));
                json.WriteEndArray();
            }

            if (request.DryRun)
            {
                json.WriteBoolean("dryRun", true);
            }

            if (withTime && request.AtMicros is { } at)
            {
                json.WriteString("at", Micros.ToText(at));
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <inheritdoc cref="Decision"/>
    public static byte[] Touchpoints(IReadOnlyList<Touchpoint> touchpoints, string run)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var touchpoint in touchpoints)
            {
                Write(json, touchpoint, run);
            }

            json.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, Touchpoint touchpoint, string run)
    {
        json.WriteStartObject();
        Text(json, "messageId", touchpoint.MessageId is { } message ? run + message : null);
        json.WriteString("customerId", touchpoint.CustomerId);
        json.WriteString("type", touchpoint.Type);
        if (touchpoint.AtMicros is { } at)
        {
            json.WriteString("at", Micros.ToText(at));
        }

        Text(json, "channel", touchpoint.Channel);
        Text(json, "decisionId", touchpoint.DecisionId is { } decision ? run + decision : null);
        Text(json, "offerId", touchpoint.OfferId);
        if (touchpoint.ValueMicros is { } value)
        {
            json.WriteNumber("value", value / 1e6m);
        }

        Bag(json, "properties", touchpoint.Properties);
        Bag(json, "set", touchpoint.Set);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void Bag(Utf8JsonWriter json, string name, Property[] properties)
    {
        if (properties.Length == 0)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (key, value) in properties)
        {
            json.WritePropertyName(key);
            switch (value.Kind)
            {
                case PropertyKind.Text:
                    json.WriteStringValue(value.Text);
                    break;
                case PropertyKind.Number:
                    json.WriteNumberValue(value.Number);
                    break;
                case PropertyKind.Bool:
                    json.WriteBooleanValue(value.Flag);
                    break;
                case PropertyKind.Json:
                    json.WriteRawValue(value.Text!);
                    break;
                default:
                    json.WriteNullValue();
                    break;
            }
        }

        json.WriteEndObject();
    }
}
