using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads campaigns; their offers are read by <see cref="OfferReader"/> once everything they refer to is known.</summary>
internal sealed class CampaignReader(CompileContext context, Settings settings, Declarations declarations, RuleTable rules, CapReader caps)
{
    public const double LowestLever = -100;
    public const double HighestLever = 10_000;

    private static readonly string[] Known =
        ["name", "start", "end", "zone", "paused", "lever", "eligibility", "budget", "caps", "consent", "offers"];

    private static readonly string[] KnownBudget = ["total", "daily", "settleOn", "reserve", "pacing"];

    private static readonly (string, SettleOn)[] Settlements =
    [
        ("decision", SettleOn.Decision), ("impression", SettleOn.Impression), ("click", SettleOn.Click), ("conversion", SettleOn.Conversion),
    ];

    public CampaignDraft? Read(string id, SourceEntry entry, int ordinal)
    {
        var path = $"campaigns/{id}";
        if (Fields.Of(context, entry.Value, path, Known) is not { } fields)
            return null;
        var zone = fields.Zone("zone") ?? settings.Zone;
        var start = fields.Time("start", zone) ?? long.MinValue;
        var end = fields.Time("end", zone) ?? long.MaxValue;
        if (start >= end)
        {
            context.Bag.Error(
                CatalogCodes.BadFlight, fields.Node("end") ?? fields.Source, fields.PathOf("end"), $"The campaign ends ({fields.Text("end")}) before it starts ({fields.Text("start")}).",
                start == end ? "the end is exclusive: for one day write the day after" : "set a later end, or an earlier start");
        }

        var number = context.Number(IdKind.Campaign, id, null, entry.Key, path);
        var capDrafts = caps.OfCampaign(fields, id, number);
        return new CampaignDraft(fields, entry.Key, capDrafts, ConsentReader.Named(fields, declarations.Consents, context), new Campaign
        {
            Id = id,
            Number = number,
            Ordinal = ordinal,
            Name = fields.Text("name"),
            StartMicros = start,
            EndMicros = end,
            Zone = zone,
            Budget = fields.Map("budget", KnownBudget) is { } budget ? ReadBudget(budget) : null,
            Caps = [.. capDrafts.Select(draft => draft.Cap)],
            Rule = rules.Add(fields.Node("eligibility"), fields.PathOf("eligibility")),
            LeverPercent = fields.Number("lever", LowestLever, HighestLever) ?? 0,
            Paused = fields.Flag("paused", false),
        });
    }

    private Budget? ReadBudget(Fields fields)
    {
        var total = fields.Micros("total");
        var daily = fields.Micros("daily");
        if (fields.Node("total") is null && fields.Node("daily") is null)
        {
            context.Bag.Error(
                CatalogCodes.Missing, fields.Source, fields.Path, "A budget needs 'total' or 'daily'.",
                "leave 'budget' out if the campaign may spend without bound");
        }

        return new Budget(
            total, daily, fields.Choice("settleOn", SettleOn.Decision, Settlements),
            fields.Choice("reserve", ReserveKind.Full, ("full", ReserveKind.Full), ("expected", ReserveKind.Expected)),
            fields.Flag("pacing", false));
    }
}
