using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Rules;
using FactTypes = PmOrleans.Decisioning.Facts.TouchpointTypes;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Warnings about free words that are most likely misspelt: channels in which no placement is, kinds of touchpoint that are nearly one that is known.</summary>
internal sealed class NameChecks(CompileContext context, CatalogSnapshot catalog)
{
    public void Run(Sections sections, ContactBudgetReader budgets)
    {
        CheckChannels(sections, budgets);
        HashSet<string> types = new([.. FactTypes.All, .. sections["touchpoints"].Select(entry => entry.Id)], StringComparer.Ordinal);
        foreach (var (id, entry) in sections["metrics"])
            CheckType(catalog.Metrics.First(metric => metric.Name == id).TouchpointType, types, entry.Value, $"metrics/{id}");
        foreach (var (id, entry) in sections["policies"])
        {
            var goal = (entry.Value as SourceMap)?.Find("goal")?.Value;
            CheckType(catalog.Policies.First(policy => policy.Id == id).Goal.On, types, (goal as SourceMap)?.Find("on")?.Value ?? entry.Key, $"policies/{id}/goal/on");
        }
    }

    private void CheckChannels(Sections sections, ContactBudgetReader budgets)
    {
        var channels = catalog.Placements.Select(placement => placement.Channel).ToHashSet(StringComparer.Ordinal);
        foreach (var (channel, entry) in sections["quietHours"])
            CheckChannel(channel, channels, entry.Key, $"quietHours/{channel}");
        foreach (var (channel, _, at) in budgets.Channels)
            CheckChannel(channel, channels, at, "contactBudget");
        foreach (var (rule, i) in sections.List("suppression").OfType<SourceMap>().Select((rule, i) => (rule, i + 1)))
        {
            if (rule.Find("channel")?.Value is SourceScalar { IsNothing: false } only)
                CheckChannel(only.Text.Trim(), channels, only, $"suppression/{i}/channel");
        }

        foreach (var (id, entry) in sections["consents"])
        {
            foreach (var channel in ((entry.Value as SourceMap)?.Find("channels")?.Value as SourceMap)?.Entries ?? [])
                CheckChannel(channel.Key.Text.Trim(), channels, channel.Key, $"consents/{id}/channels");
        }
    }

    private void CheckChannel(string channel, HashSet<string> channels, SourceNode at, string path)
    {
        // Where there are no placements at all, it is not the channel that is amiss.
        if (channels.Count > 0 && !channels.Contains(channel))
        {
            context.Bag.Warning(
                CatalogCodes.UnknownChannel, at, path, $"No placement is in channel '{channel}'.", context.DidYouMeanOrList(channel, channels, "channel"));
        }
    }

    private void CheckType(string type, HashSet<string> types, SourceNode at, string path)
    {
        // Any other word may well be a kind of the author's own, which needs no declaration: a tasting is no rating.
        if (!types.Contains(type) && RuleHints.Nearest(type, types, most: 1) is { } near)
        {
            context.Bag.Warning(
                CatalogCodes.UnknownTouchpoint, at, path, $"No kind of touchpoint is known as '{type}'; one of your own is taken as it is written.", $"did you mean '{near}'?");
        }
    }
}
