using System.Collections.Frozen;
using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>
/// What earlier versions had and the live one has not: goals of policies and what campaigns settled on. Offers decided by them are open until their windows
/// end, and end as they were meant to. Immutable.
/// </summary>
public sealed class FormerDefinitions
{
    private const byte Format = 1;
    private readonly FrozenDictionary<int, (Goal Goal, long UntilMicros)> _goals;
    private readonly FrozenDictionary<int, (SettleOn SettleOn, long UntilMicros)> _settlements;
    private readonly FrozenSet<string> _goalTypes;

    private FormerDefinitions(
        IEnumerable<KeyValuePair<int, (Goal Goal, long UntilMicros)>> goals, IEnumerable<KeyValuePair<int, (SettleOn SettleOn, long UntilMicros)>> settlements)
    {
        _goals = goals.ToFrozenDictionary();
        _settlements = settlements.ToFrozenDictionary();
        _goalTypes = _goals.Values.Select(former => former.Goal.On).ToFrozenSet(StringComparer.Ordinal);
        ShortestGoalMicros = _goals.Values.Select(former => former.Goal.WithinMicros).DefaultIfEmpty(long.MaxValue).Min();
    }

    public static FormerDefinitions Empty { get; } = new([], []);

    /// <summary>The goal that a policy had last, or <c>null</c>: it is live, or nothing of it can be open.</summary>
    public Goal? GoalOf(int policy) => _goals.TryGetValue(policy, out var former) ? former.Goal : null;

    /// <summary>What made a campaign's cost spend, or <c>null</c>.</summary>
    public SettleOn? SettleOnOf(int campaign) => _settlements.TryGetValue(campaign, out var former) ? former.SettleOn : null;

    /// <summary>Whether such a policy is after touchpoints of a type.</summary>
    public bool IsGoal(string touchpointType) => _goalTypes.Contains(touchpointType);

    /// <summary>The shortest attribution window of such a policy; <see cref="long.MaxValue"/> where there is none.</summary>
    public long ShortestGoalMicros { get; }

    /// <summary>These after the next version has taken the place of one.</summary>
    /// <param name="nowMicros">When; what was decided before is open for as long as its policy's window.</param>
    public FormerDefinitions After(CatalogSnapshot before, CatalogSnapshot next, long nowMicros)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(next);
        var goals = _goals.Where(former => former.Value.UntilMicros > nowMicros && !next.PolicyByNumber.ContainsKey(former.Key)).ToDictionary();
        foreach (var policy in before.Policies.Where(policy => !next.PolicyByNumber.ContainsKey(policy.Number)))
        {
            goals[policy.Number] = (policy.Goal, nowMicros + policy.Goal.WithinMicros);
        }

        // By which policy an offer was decided is not the campaign's to know.
        var longest = before.Policies.Select(policy => policy.Goal.WithinMicros).Concat(goals.Values.Select(former => former.Goal.WithinMicros)).DefaultIfEmpty(0).Max();
        var settlements = _settlements.Where(former => former.Value.UntilMicros > nowMicros && !next.CampaignByNumber.ContainsKey(former.Key)).ToDictionary();
        foreach (var campaign in before.Campaigns.Where(campaign => !next.CampaignByNumber.ContainsKey(campaign.Number)))
        {
            if (campaign.Budget is { SettleOn: not SettleOn.Decision and var settleOn })
            {
                settlements[campaign.Number] = (settleOn, nowMicros + longest);
            }
        }

        return new FormerDefinitions(goals, settlements);
    }

    public byte[] ToArray()
    {
        using var writer = new ByteWriter(256);
        writer.Byte(Format);
        writer.Count(_goals.Count);
        foreach (var (policy, (goal, until)) in _goals.OrderBy(former => former.Key))
        {
            writer.Count(policy);
            writer.Text(goal.On);
            writer.Signed(goal.WithinMicros);
            writer.Signed(until);
        }

        writer.Count(_settlements.Count);
        foreach (var (campaign, (settleOn, until)) in _settlements.OrderBy(former => former.Key))
        {
            writer.Count(campaign);
            writer.Byte((byte)settleOn);
            writer.Signed(until);
        }

        return writer.ToArray();
    }

    /// <exception cref="CorruptDataException">The bytes are none that this version knows.</exception>
    public static FormerDefinitions Read(ReadOnlySpan<byte> data)
    {
        var reader = new ByteReader(data);
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"former definitions have format {format}; this version reads {Format}");
        }

        Dictionary<int, (Goal, long)> goals = [];
        for (var count = reader.Items(4); count > 0; count--)
        {
            goals[reader.Count()] = (new Goal(reader.RequiredText(), TimeSpan.FromMicroseconds(reader.Signed())), reader.Signed());
        }

        Dictionary<int, (SettleOn, long)> settlements = [];
        for (var count = reader.Items(3); count > 0; count--)
        {
            settlements[reader.Count()] = ((SettleOn)reader.Byte(), reader.Signed());
        }

        reader.End();
        return new FormerDefinitions(goals, settlements);
    }
}
