using System.Globalization;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads <c>{ from: "22:00", until: "08:00", action: hold }</c>, of a placement or a channel.</summary>
/// <param name="usual">Zone where none is written; <c>null</c>: the customer's.</param>
internal sealed class QuietHoursReader(CompileContext context, TimeZoneInfo? usual)
{
    public static readonly string[] Known = ["from", "until", "zone", "action"];

    public Dictionary<string, QuietHours> ByChannel(IReadOnlyList<(string Id, SourceEntry Entry)> entries)
    {
        Dictionary<string, QuietHours> quiet = new(StringComparer.Ordinal);
        foreach (var (channel, entry) in entries)
        {
            if (Fields.Of(context, entry.Value, $"quietHours/{channel}", Known) is { } fields && Read(fields) is { } hours)
                quiet[channel] = hours;
        }

        return quiet;
    }

    public QuietHours? Read(Fields fields)
    {
        var complete = fields.Require("from", "e.g. from: \"22:00\"") & fields.Require("until", "e.g. until: \"08:00\"");
        var from = Clock(fields, "from");
        var until = Clock(fields, "until");
        var zone = fields.Zone("zone") ?? usual;
        var action = fields.Choice("action", QuietAction.Drop, ("drop", QuietAction.Drop), ("hold", QuietAction.Hold));
        if (!complete || from is null || until is null)
            return null;
        if (from != until)
            return new QuietHours(from.Value, until.Value, zone, action);
        context.Bag.Error(
            CatalogCodes.BadTime, fields.Source, fields.Path, "Quiet hours that begin and end at the same time are none, or all.",
            "leave them out, or end a minute earlier");
        return null;
    }

    private TimeOnly? Clock(Fields fields, string key)
    {
        if (fields.Scalar(key) is not { } scalar)
            return null;
        if (TimeOnly.TryParseExact(scalar.Text, ["HH:mm", "H:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            return time;
        context.Bag.Error(
            CatalogCodes.BadTime, scalar, fields.PathOf(key), $"'{Amounts.Shown(scalar.Text)}' is not a time of day.", "from 00:00 to 23:59, e.g. \"22:00\"");
        return null;
    }
}
