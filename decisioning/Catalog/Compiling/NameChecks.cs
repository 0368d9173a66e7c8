using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Warnings about free words that are most likely misspelt: channels in which no placement is, kinds of touchpoint that are nearly one that is known.</summary>
internal sealed class NameChecks(CompileContext context, CatalogSnapshot catalog, KnownTouchpoints touchpoints)
{
    public void Run(Sections sections, ContactBudgetReader budgets)
    {
        CheckChannels(sections, budgets);
        foreach (var (id, entry) in sections["metrics"])
            CheckType(catalog.Metrics.First(metric => metric.Name == id).TouchpointType, entry.Value, $"metrics/{id}");
        foreach (var (id, entry) in sections["policies"])
        {
            var goal = (entry.Value as SourceMap)?.Find("goal")?.Value;
            CheckType(catalog.Policies.First(policy => policy.Id == id).Goal.On, (goal as SourceMap)?.Find("on")?.Value ?? entry.Key, $"policies/{id}/goal/on");
        }

        if (sections["rfm"].FirstOrDefault(entry => entry.Id == "on").Entry?.Value is SourceScalar { IsNothing: false } on)
            CheckType(on.Text, on, "rfm/on");
        var conversions = sections["catalog"].FirstOrDefault(entry => entry.Id == "conversions").Entry?.Value as SourceList;
        foreach (var type in conversions?.Items.OfType<SourceScalar>() ?? [])
            CheckType(type.Text.Trim(), type, "catalog/conversions");
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

    private void CheckType(string type, SourceNode at, string path)
    {
        if (touchpoints.Meant(type) is { } near)
            context.Bag.Warning(CatalogCodes.UnknownTouchpoint, at, path, KnownTouchpoints.Message(type), $"did you mean '{near}'?");
    }
}
