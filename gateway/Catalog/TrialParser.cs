using System.Buffers;
using System.Text;
using System.Text.Json;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Decisions;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Catalog;

/// <summary>
/// Reads requests that try a catalog: which one, for whom. What a decision request has as well is handed to <see cref="DecisionParser"/>, so that it is read
/// and refused the same; a described customer becomes the touchpoints that would have made it.
/// </summary>
internal static class TrialParser
{
    private const int MaxDepth = 64;

    private static readonly string[] KnownPreview = ["draft", "bundle", "customerId", "profile", "placements", "context", "decisionId"];
    private static readonly string[] KnownReach = ["draft", "bundle", "context"];
    private static readonly string[] KnownProfile = ["attributes", "consents", "touchpoints"];

    /// <param name="body">The request.</param>
    /// <param name="sources">Filled with where each touchpoint of the decision request was written; see <see cref="Source"/>.</param>
    /// <param name="errors">Filled with the mistakes.</param>
    /// <returns><c>null</c> when there were mistakes.</returns>
    public static PreviewRequest? ReadPreview(ReadOnlyMemory<byte> body, List<string> sources, ErrorList errors)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth });
        if (!Open(document.RootElement, KnownPreview, errors))
        {
            return null;
        }

        var root = document.RootElement;
        var choice = Choice(root, errors);
        var described = Find(root, "customerId") is null;
        if (described && Find(root, "profile") is null)
        {
            errors.Add("customerId", "is required, or a profile that describes somebody");
        }

        var decision = Decision(root, sources, errors);
        return decision is null || choice is null || !errors.IsEmpty ? null : new PreviewRequest(choice, decision, described);
    }

    /// <returns><c>null</c> when there were mistakes.</returns>
    public static (CatalogChoice Choice, Property[] Context)? ReadReach(ReadOnlyMemory<byte> body, ErrorList errors)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth });
        if (!Open(document.RootElement, KnownReach, errors))
        {
            return null;
        }

        var choice = Choice(document.RootElement, errors);
        var context = Parse(json =>
        {
            json.WriteString("customerId"u8, "everybody"u8);
            json.WriteRawValueOf("placements"u8, "[{\"id\":\"any\"}]"u8);
            Copy(json, document.RootElement, "context");
        }, [], errors)?.Context;
        return choice is null || context is null || !errors.IsEmpty ? null : (choice, context);
    }

    private static bool Open(JsonElement root, string[] known, ErrorList errors)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            errors.Add(FieldPath.Body, $"is {Shown(root)}; an object is expected");
            return false;
        }

        CheckMembers(root, "", known, errors);
        return true;
    }

    private static CatalogChoice? Choice(JsonElement root, ErrorList errors)
    {
        var draft = Find(root, "draft");
        var bundle = Find(root, "bundle");
        if (draft is not null && bundle is not null)
        {
            errors.Add("draft", "cannot stand beside bundle; give one of them, or neither for the live catalog");
        }
        else if (draft is { } name)
        {
            if (name.ValueKind == JsonValueKind.String)
            {
                return new CatalogChoice(name.GetString()!.Trim(), null);
            }

            errors.Add("draft", $"is {Shown(name)}; the name of a draft is expected");
        }
        else if (bundle is { } files)
        {
            if (files.ValueKind == JsonValueKind.Object)
            {
                return new CatalogChoice(null, Encoding.UTF8.GetBytes(files.GetRawText()));
            }

            errors.Add("bundle", $"is {Shown(files)}; a catalog bundle is expected");
        }
        else
        {
            return CatalogChoice.Live;
        }

        return null;
    }

    private static DecisionRequest? Decision(JsonElement root, List<string> sources, ErrorList errors) => Parse(json =>
    {
        if (Find(root, "customerId") is null)
        {
            json.WriteString("customerId"u8, "described"u8);
        }

        foreach (var name in (string[])["decisionId", "customerId", "placements", "context"])
        {
            Copy(json, root, name);
        }

        json.WriteStartArray("touchpoints"u8);
        if (Find(root, "profile") is { } profile)
        {
            if (profile.ValueKind == JsonValueKind.Object)
            {
                WriteProfile(json, profile, sources, errors);
            }
            else
            {
                errors.Add("profile", $"is {Shown(profile)}; an object is expected");
            }
        }

        json.WriteEndArray();
    }, sources, errors);

    private static void WriteProfile(Utf8JsonWriter json, JsonElement profile, List<string> sources, ErrorList errors)
    {
        CheckMembers(profile, "profile.", KnownProfile, errors);
        if (Find(profile, "attributes") is { } attributes)
        {
            sources.Add("profile.attributes");
            json.WriteStartObject();
            json.WriteString("type"u8, TouchpointTypes.Identify);
            json.WritePropertyName("set"u8);
            attributes.WriteTo(json);
            json.WriteEndObject();
        }

        if (Find(profile, "consents") is { ValueKind: JsonValueKind.Object } consents)
        {
            foreach (var consent in consents.EnumerateObject())
            {
                // "marketing": "granted", or "marketing": { "app": "denied" } for single channels
                if (consent.Value.ValueKind == JsonValueKind.Object)
                {
                    foreach (var channel in consent.Value.EnumerateObject())
                    {
                        WriteConsent(json, consent.Name, channel.Name, channel.Value, sources);
                    }
                }
                else
                {
                    WriteConsent(json, consent.Name, null, consent.Value, sources);
                }
            }
        }
        else if (Find(profile, "consents") is { } wrong)
        {
            errors.Add("profile.consents", $"is {Shown(wrong)}; an object such as {{ \"marketing\": \"granted\" }} is expected");
        }

        if (Find(profile, "touchpoints") is { ValueKind: JsonValueKind.Array } touchpoints)
        {
            var index = 0;
            foreach (var touchpoint in touchpoints.EnumerateArray())
            {
                sources.Add($"profile.touchpoints[{index++}]");
                touchpoint.WriteTo(json);
            }
        }
        else if (Find(profile, "touchpoints") is { } other)
        {
            errors.Add("profile.touchpoints", $"is {Shown(other)}; an array is expected");
        }
    }

    private static void WriteConsent(Utf8JsonWriter json, string purpose, string? channel, JsonElement state, List<string> sources)
    {
        sources.Add(channel is null ? $"profile.consents.{purpose}" : $"profile.consents.{purpose}.{channel}");
        json.WriteStartObject();
        json.WriteString("type"u8, TouchpointTypes.Consent);
        json.WriteString("purpose"u8, purpose);
        if (channel is not null)
        {
            json.WriteString("channel"u8, channel);
        }

        json.WritePropertyName("state"u8);
        state.WriteTo(json);
        json.WriteEndObject();
    }

    /// <summary>A decision request made of parts; mistakes in its touchpoints are told where the sender wrote them.</summary>
    private static DecisionRequest? Parse(Action<Utf8JsonWriter> write, List<string> sources, ErrorList errors)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        var found = new ErrorList();
        var request = DecisionParser.Read(buffer.WrittenSpan, acceptsAt: false, found);
        foreach (var (field, messages) in found.ToDictionary())
        {
            foreach (var message in messages)
            {
                errors.Add(Source(field, sources), message);
            }
        }

        return request;
    }

    /// <summary>Where the sender wrote the field of a decision request.</summary>
    public static string Source(string field, List<string> sources)
    {
        if (field == "touchpoints")
        {
            return "profile.touchpoints";
        }

        const string prefix = "touchpoints[";
        var end = field.IndexOf(']', StringComparison.Ordinal);
        if (!field.StartsWith(prefix, StringComparison.Ordinal) || end < 0
            || !int.TryParse(field.AsSpan(prefix.Length, end - prefix.Length), System.Globalization.CultureInfo.InvariantCulture, out var index) || index >= sources.Count)
        {
            return field;
        }

        var rest = field[(end + 1)..];
        return sources[index] + (sources[index] == "profile.attributes" ? rest.Replace(".set", "", StringComparison.Ordinal)
            : sources[index].StartsWith("profile.consents", StringComparison.Ordinal) ? "" : rest);
    }

    private static void CheckMembers(JsonElement holder, string path, string[] known, ErrorList errors)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var member in holder.EnumerateObject())
        {
            if (!known.Contains(member.Name, StringComparer.Ordinal))
            {
                errors.Add(path + Labels.Shown(member.Name), $"is not a known member; known are {string.Join(", ", known)}");
            }
            else if (!seen.Add(member.Name))
            {
                errors.Add(path + member.Name, "appears more than once");
            }
        }
    }

    private static void Copy(Utf8JsonWriter json, JsonElement root, string name)
    {
        if (Find(root, name) is { } value)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }
    }

    private static void WriteRawValueOf(this Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value);
    }

    private static JsonElement? Find(JsonElement holder, string name) =>
        holder.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string Shown(JsonElement value) => Labels.Shown(value.GetRawText());
}
