using System.Globalization;
using System.Text;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Form;

/// <summary>
/// What a request and a touchpoint must be like, whatever catalog is live. An edge that reads them from text refuses the same while it reads; whoever makes them in
/// the same process is told here, before anything is applied.
/// </summary>
public static class FormCheck
{
    private const decimal MicrosPerUnit = 1_000_000;

    /// <summary>The end of the year 9999, beyond which no clock here goes.</summary>
    private const long LastMicros = 253_402_300_799_999_999;

    // Nearly all is as it should be, and leaves the list empty for the next one on the thread.
    [ThreadStatic]
    private static ErrorList? _unused;

    /// <summary>Field path to what is wrong there, all mistakes of the request and of the touchpoints in it; <c>null</c>: none.</summary>
    public static IReadOnlyDictionary<string, string[]>? Of(DecisionRequest request)
    {
        var errors = Begin();
        FieldPath root = default;
        Id(errors, root, "customerId", request.CustomerId, required: true);
        Id(errors, root, "decisionId", request.DecisionId);
        Time(errors, root, request.AtMicros);
        if (request.DeadlineMs is < 1 or > DecisionLimits.MaxDeadlineMs)
        {
            errors.Add("deadlineMs", $"is {request.DeadlineMs}; allowed are 1 to {DecisionLimits.MaxDeadlineMs}");
        }

        if (Holds(errors, root, "placements", request.Placements, 1, DecisionLimits.Placements))
        {
            Placements(errors, request.Placements);
        }

        Bag(errors, root, "context", request.Context);
        if (Holds(errors, root, "touchpoints", request.Touchpoints, 0, DecisionLimits.Touchpoints))
        {
            Touchpoints(errors, request);
        }

        return Take(errors);
    }

    /// <summary>Field path within the touchpoint to what is wrong there, all mistakes; <c>null</c>: none.</summary>
    public static IReadOnlyDictionary<string, string[]>? Of(Touchpoint touchpoint)
    {
        var errors = Begin();
        Check(errors, default, touchpoint);
        return Take(errors);
    }

    private static ErrorList Begin()
    {
        var errors = _unused ?? new ErrorList();
        _unused = null;
        return errors;
    }

    private static Dictionary<string, string[]>? Take(ErrorList errors)
    {
        if (!errors.IsEmpty)
        {
            return errors.ToDictionary();
        }

        _unused = errors;
        return null;
    }

    private static void Placements(ErrorList errors, PlacementRequest[] placements)
    {
        for (var i = 0; i < placements.Length; i++)
        {
            var path = new FieldPath("placements", i);
            if (placements[i] is not { } placement)
            {
                errors.Add(path.Self, "is required");
                continue;
            }

            Id(errors, path, "id", placement.Id, required: true);
            if (placement.Count is < 1 or > DecisionLimits.Count)
            {
                errors.Add(path.Of("count"), $"is {placement.Count}; allowed are 1 to {DecisionLimits.Count}");
            }

            Names(errors, path, "exclude", placement.Exclude, DecisionLimits.Exclude, TouchpointLimits.IdLength);
            for (var earlier = 0; earlier < i; earlier++)
            {
                if (placements[earlier]?.Id is { } id && id == placement.Id)
                {
                    errors.Add(path.Of("id"), $"is '{Labels.Shown(id)}' again; each placement once");
                    break;
                }
            }
        }
    }

    private static void Touchpoints(ErrorList errors, DecisionRequest request)
    {
        for (var i = 0; i < request.Touchpoints.Length; i++)
        {
            var path = new FieldPath("touchpoints", i);
            if (request.Touchpoints[i] is not { } touchpoint)
            {
                errors.Add(path.Self, "is required");
                continue;
            }

            Check(errors, path, touchpoint);
            if (touchpoint.CustomerId != request.CustomerId)
            {
                errors.Add(path.Of("customerId"), "must be the request's customerId");
            }
        }
    }

    private static void Check(ErrorList errors, FieldPath path, Touchpoint touchpoint)
    {
        Id(errors, path, "customerId", touchpoint.CustomerId, required: true);
        Name(errors, path, "type", touchpoint.Type, required: true);
        Id(errors, path, "messageId", touchpoint.MessageId);
        Name(errors, path, "channel", touchpoint.Channel);
        Id(errors, path, "decisionId", touchpoint.DecisionId);
        Id(errors, path, "offerId", touchpoint.OfferId);
        Name(errors, path, "purpose", touchpoint.Purpose);
        Time(errors, path, touchpoint.AtMicros);
        if (touchpoint.ValueMicros is < 0 or > TouchpointLimits.MaxValueMicros)
        {
            var value = (touchpoint.ValueMicros.Value / MicrosPerUnit).ToString(CultureInfo.InvariantCulture);
            errors.Add(path.Of("value"), $"is {value}; allowed are 0 to {TouchpointLimits.MaxValueMicros / (long)MicrosPerUnit}");
        }

        Bag(errors, path, "properties", touchpoint.Properties);
        Bag(errors, path, "set", touchpoint.Set);
        Names(errors, path, "unset", touchpoint.Unset, TouchpointLimits.Properties, TouchpointLimits.NameLength);
        var form = new TouchpointForm(errors, path);
        form.Currency(touchpoint.Currency);
        form.Identify(touchpoint.Type, touchpoint.Set ?? [], touchpoint.Unset ?? []);
        if (touchpoint.Type == TouchpointTypes.Consent || touchpoint.Purpose is not null || touchpoint.Granted is not null)
        {
            form.Consent(touchpoint.Type, touchpoint.Purpose, touchpoint.Granted switch { true => "granted", false => "denied", null => null });
        }
    }

    private static void Id(ErrorList errors, FieldPath path, string name, string? id, bool required = false)
    {
        if ((id is null ? required ? "is required" : null : Labels.WrongId(id)) is { } wrong)
        {
            errors.Add(path.Of(name), wrong);
        }
    }

    private static void Name(ErrorList errors, FieldPath path, string name, string? label, bool required = false)
    {
        if ((label is null ? required ? "is required" : null : Labels.WrongName(label, TouchpointLimits.NameLength)) is { } wrong)
        {
            errors.Add(path.Of(name), wrong);
        }
    }

    private static void Time(ErrorList errors, FieldPath path, long? atMicros)
    {
        if (atMicros > LastMicros)
        {
            errors.Add(path.Of("at"), $"is {atMicros} microseconds after 1970-01-01T00:00:00Z; allowed is the year 9999 and before");
        }
    }

    private static void Names(ErrorList errors, FieldPath path, string name, string[] labels, int most, int length)
    {
        if (!Holds(errors, path, name, labels, 0, most))
        {
            return;
        }

        for (var i = 0; i < labels.Length; i++)
        {
            if ((labels[i] is null ? "is required" : Labels.WrongName(labels[i], length)) is { } wrong)
            {
                errors.Add(new FieldPath(path.Of(name), i).Self, wrong);
            }
        }
    }

    private static bool Holds<T>(ErrorList errors, FieldPath path, string name, T[] items, int least, int most)
    {
        if (items is null)
        {
            errors.Add(path.Of(name), "is null; an array is needed");
            return false;
        }

        if (items.Length < least || items.Length > most)
        {
            errors.Add(path.Of(name), $"has {items.Length} elements; allowed are {least} to {most}");
            return false;
        }

        return true;
    }

    private static void Bag(ErrorList errors, FieldPath path, string name, Property[] properties)
    {
        if (!Holds(errors, path, name, properties, 0, TouchpointLimits.Properties))
        {
            return;
        }

        for (var i = 0; i < properties.Length; i++)
        {
            ref readonly var property = ref properties[i];
            if (property.Name is null || Labels.Wrong(property.Name, TouchpointLimits.NameLength) is not null)
            {
                errors.Add(path.Of(name), $"has a name that {(property.Name is null ? "is null" : Labels.Wrong(property.Name, TouchpointLimits.NameLength))}");
            }
            else if (IsRepeated(properties.AsSpan(0, i), property.Name))
            {
                errors.Add(new FieldPath(path.Of(name), -1).Of(Labels.Shown(property.Name)), "appears more than once");
            }
            else if (Wrong(property.Value) is { } wrong)
            {
                errors.Add(new FieldPath(path.Of(name), -1).Of(Labels.Shown(property.Name)), wrong);
            }
        }
    }

    private static bool IsRepeated(ReadOnlySpan<Property> earlier, string name)
    {
        foreach (ref readonly var property in earlier)
        {
            if (property.Name == name)
            {
                return true;
            }
        }

        return false;
    }

    private static string? Wrong(PropertyValue value) => value.Kind switch
    {
        PropertyKind.Null or PropertyKind.Bool => null,
        PropertyKind.Number => double.IsFinite(value.Number) ? null : $"is {value}; allowed are numbers up to 1.7976931348623157e308",
        PropertyKind.Text or PropertyKind.Json when value.Text is null => $"is of kind {value.Kind} and has no text",
        PropertyKind.Text when value.Text.Length > TouchpointLimits.TextLength =>
            $"has {value.Text.Length} characters; allowed are 0 to {TouchpointLimits.TextLength}",
        PropertyKind.Text => Labels.WrongText(value.Text),
        PropertyKind.Json => Labels.WrongText(value.Text) ?? NestedJson.Wrong(Encoding.UTF8.GetBytes(value.Text)),
        _ => $"is of kind {(byte)value.Kind}; allowed are {(byte)PropertyKind.Null} to {(byte)PropertyKind.Json}",
    };
}
