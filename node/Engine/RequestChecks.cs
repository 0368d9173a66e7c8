using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Form;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <summary>What is checked of a request before anything is applied: its form, then what only the node can check, against the catalog and its clock. All mistakes of a kind are collected.</summary>
internal static class RequestChecks
{
    private static readonly Dictionary<string, string[]> NoTimeTaken = new(StringComparer.Ordinal) { ["at"] = ["is accepted only by a node on the simulated clock"] };

    /// <summary><c>null</c> when the request may be decided.</summary>
    /// <param name="takesTime">Whether the node is on the simulated clock.</param>
    public static Refusal? Check(DecisionRequest request, CatalogSnapshot catalog, long nowMicros, bool takesTime) =>
        request.AtMicros is not null && !takesTime ? Mistakes(NoTimeTaken)
        : takesTime && CheckSimulated(request.AtMicros) is { } beyond ? Mistakes(beyond)
        : Check(request, catalog, nowMicros);

    /// <summary>What is wrong with a time that the simulated clock would be moved to; <c>null</c>: nothing.</summary>
    public static IReadOnlyDictionary<string, string[]>? CheckSimulated(long? atMicros) => atMicros > SimulatedClock.LastMicros
        ? new Dictionary<string, string[]>(StringComparer.Ordinal) { ["at"] = [$"is {Micros.ToText(atMicros.Value)}; the simulated clock goes up to {Micros.ToText(SimulatedClock.LastMicros)}"] }
        : null;

    public static Refusal Mistakes(IReadOnlyDictionary<string, string[]> errors) => new(RefusalKind.Invalid, "the request has mistakes; nothing was applied", errors);

    /// <summary>The same of a request that leaves no trace, whatever time it says.</summary>
    public static Refusal? Check(DecisionRequest request, CatalogSnapshot catalog, long nowMicros)
    {
        if (FormCheck.Of(request) is { } mistakes)
        {
            return Mistakes(mistakes);
        }

        SortedDictionary<string, string[]>? errors = null;
        for (var i = 0; i < request.Placements.Length; i++)
        {
            var asked = request.Placements[i];
            if (!catalog.PlacementById.TryGetValue(asked.Id, out var placement))
            {
                return UnknownPlacement(i, asked.Id);
            }

            if (asked.Count < 1 || asked.Count > placement.Slots)
            {
                Errors()[$"placements[{i}].count"] = [$"is {asked.Count}; placement '{asked.Id}' has 1 to {placement.Slots}"];
            }
        }

        for (var i = 0; i < request.Touchpoints.Length; i++)
        {
            if (CheckAgainst(catalog, request.Touchpoints[i], nowMicros) is { } problems)
            {
                foreach (var (field, messages) in problems)
                {
                    Errors()[$"touchpoints[{i}].{field}"] = messages;
                }
            }
        }

        return errors is null ? null : new Refusal(RefusalKind.Invalid, "the request breaks rules of the catalog", errors);

        SortedDictionary<string, string[]> Errors() => errors ??= new SortedDictionary<string, string[]>(StringComparer.Ordinal);
    }

    /// <summary>
    /// What a described customer is said to be must be declared: a real one may send what no catalog knows yet, but here it can only be a slip of the pen.
    /// </summary>
    public static Refusal? CheckDescription(DecisionRequest request, CatalogSnapshot catalog)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var (name, _) in request.Touchpoints.SelectMany(touchpoint => touchpoint.Set))
        {
            if (!catalog.AttributeByName.ContainsKey(name))
            {
                errors[$"profile.attributes.{name}"] = [$"is no attribute of the catalog; there is {string.Join(", ", catalog.AttributeByName.Keys.Order(StringComparer.Ordinal).Take(20))}"];
            }
        }

        foreach (var purpose in request.Touchpoints.Select(touchpoint => touchpoint.Purpose).OfType<string>())
        {
            if (!catalog.Consents.Any(consent => consent.Purpose == purpose))
            {
                errors[$"profile.consents.{purpose}"] = [$"is no consent of the catalog; there is {string.Join(", ", catalog.Consents.Select(consent => consent.Purpose).Order(StringComparer.Ordinal).Take(20))}"];
            }
        }

        return errors.Count == 0 ? null : new Refusal(RefusalKind.Invalid, "the profile says what the catalog does not know", errors);
    }

    public static Refusal UnknownPlacement(int index, string id) => new(
        RefusalKind.NotFound,
        $"there is no placement '{id}'",
        new Dictionary<string, string[]>(StringComparer.Ordinal) { [$"placements[{index}].id"] = [$"is '{id}'; the catalog has no such placement"] });

    /// <summary><c>null</c> when the touchpoint may be taken in.</summary>
    public static IReadOnlyDictionary<string, string[]>? Check(Touchpoint touchpoint, CatalogSnapshot catalog, long nowMicros) =>
        FormCheck.Of(touchpoint) ?? CheckAgainst(catalog, touchpoint, nowMicros);

    private static SortedDictionary<string, string[]>? CheckAgainst(CatalogSnapshot catalog, Touchpoint touchpoint, long nowMicros)
    {
        SortedDictionary<string, string[]>? errors = null;
        if (touchpoint.AtMicros is { } at)
        {
            if (at > nowMicros + TouchpointLimits.MaxAheadMicros)
            {
                Add("at", $"is {Micros.ToText(at)}; at most 5 minutes ahead of the node's clock ({Micros.ToText(nowMicros)}) is taken");
            }
            else if (at < 0)
            {
                Add("at", $"is {Micros.ToText(at)}; times before 1970-01-01T00:00:00Z are not taken");
            }
        }

        if (touchpoint.Currency is { } currency && currency != catalog.Currency)
        {
            Add("currency", $"is '{currency}'; this catalog counts in {catalog.Currency}");
        }

        foreach (var (name, value) in touchpoint.Set)
        {
            if (catalog.AttributeByName.TryGetValue(name, out var attribute) && AttributeProblem(attribute, value) is { } problem)
            {
                Add($"set.{name}", problem);
            }
        }

        return errors;

        void Add(string field, string message) => (errors ??= new SortedDictionary<string, string[]>(StringComparer.Ordinal))[field] = [message];
    }

    private static string? AttributeProblem(AttributeDefinition attribute, PropertyValue value)
    {
        if (!AttributeValues.Fits(value, attribute.Type))
        {
            var hint = value.Kind == PropertyKind.Null ? "; to take it away, name it in unset" : "";
            return $"is {value}; the catalog declares it as {attribute.Type}{hint}";
        }

        return attribute.AllowedValues.Length > 0 && !attribute.AllowedValues.Contains(value.Text ?? "", StringComparer.Ordinal)
            ? $"is '{value.Text}'; the catalog allows {string.Join(", ", attribute.AllowedValues)}"
            : null;
    }
}
