using PmOrleans.Decisioning.Arbitration;
using PmOrleans.Decisioning.Caps;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Consent;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>Walks a placement's candidates, cheap filters first; what passes goes to the arbiter, what does not is traced with one reason.</summary>
internal readonly ref struct CandidateFilter(
    CustomerState state,
    DecisionRequest request,
    PlacementRequest asked,
    Placement placement,
    long nowMicros,
    DecisionEnvironment environment,
    DecisionWorkspace workspace)
{
    private readonly CatalogSnapshot _catalog = environment.Catalog;

    /// <summary>Every candidate is looked at and traced: small placements always, large ones only to explain.</summary>
    private readonly bool _complete = request.Explain || placement.Offers.Length <= CandidateIndex.SmallPlacement;

    private readonly bool _isSuppressed = !state.Suppressed.IsEmpty;

    /// <summary>Why nothing at all can be shown here now, or <see cref="RemovalReason.None"/>.</summary>
    public RemovalReason Closed(out int detail)
    {
        detail = 0;
        if (placement.QuietHours is { } quiet && IsQuiet(quiet))
        {
            return RemovalReason.QuietHours;
        }

        foreach (var consent in placement.Consents)
        {
            if (!consent.IsGiven(state, placement.Channel))
            {
                detail = consent.Number;
                return RemovalReason.Consent;
            }
        }

        return RemovalReason.None;
    }

    /// <summary>Fills the workspace's survivors; returns how many offers the index left out.</summary>
    /// <param name="closed">What <see cref="Closed"/> said, with its detail.</param>
    public int Run(Arbiter arbiter, RemovalReason closed, int closedDetail)
    {
        var slice = placement.Candidates.At(nowMicros);
        if (_complete)
        {
            foreach (var (offer, reason) in slice.Inactive)
            {
                Remove(offer, reason, 0);
            }
        }

        if (closed != RemovalReason.None)
        {
            return RemoveAll(slice, closed, closedDetail);
        }

        var touched = 0;
        foreach (var group in slice.Always)
        {
            touched += Visit(group, arbiter);
        }

        foreach (var bucket in slice.Buckets)
        {
            touched += _complete ? VisitAll(bucket, arbiter) : Visit(bucket, arbiter);
        }

        return _complete ? 0 : placement.Offers.Length - touched;
    }

    /// <summary>For a later slot: the filters that an earlier slot can have changed.</summary>
    public RemovalReason Again(Offer offer, out int detail)
    {
        detail = 0;
        if (workspace.GroupsTaken.Count > 0 && offer.ExclusionGroupOrdinal >= 0 && workspace.GroupsTaken.Contains(offer.ExclusionGroupOrdinal))
        {
            return RemovalReason.MutualExclusion;
        }

        if (CapUse.FirstFull(offer, placement, _catalog, workspace) is { } full)
        {
            detail = full.Cap.Number;
            return full.Cap.IsContactBudget ? RemovalReason.ContactBudget : RemovalReason.Cap;
        }

        return RemovalReason.None;
    }

    private int Visit(CandidateBuckets bucket, Arbiter arbiter)
    {
        if (!workspace.Input.TryGet(bucket.Slot, out var value))
        {
            return 0;
        }

        var touched = 0;
        if (!bucket.IsList)
        {
            return bucket.Groups.TryGetValue(value, out var groups) ? Visit(groups, arbiter) : 0;
        }

        if (value.Kind != CelKind.List)
        {
            return 0;
        }

        var list = value.AsList();
        for (var i = 0; i < list.Count; i++)
        {
            // A list that names a value twice must not bring its offers in twice.
            if (bucket.Groups.TryGetValue(list[i], out var groups) && !Before(list, i))
            {
                touched += Visit(groups, arbiter);
            }
        }

        return touched;
    }

    private static bool Before(CelList list, int index)
    {
        var value = list[index];
        for (var i = 0; i < index; i++)
        {
            if (list[i].Equals(value))
            {
                return true;
            }
        }

        return false;
    }

    private int Visit(System.Collections.Immutable.ImmutableArray<CandidateGroup> groups, Arbiter arbiter)
    {
        var touched = 0;
        foreach (var group in groups)
        {
            touched += Visit(group, arbiter);
        }

        return touched;
    }

    private int VisitAll(CandidateBuckets bucket, Arbiter arbiter)
    {
        var touched = 0;
        foreach (var group in bucket.Groups.Values.SelectMany(groups => groups).Distinct().ToList())
        {
            touched += Visit(group, arbiter);
        }

        return touched;
    }

    /// <summary>Returns the number of offers looked at: all of the group, or none when its rules do not hold.</summary>
    private int Visit(CandidateGroup group, Arbiter arbiter)
    {
        foreach (var rule in group.Rules)
        {
            var outcome = workspace.Input.Evaluate(rule);
            if (outcome != RuleOutcome.True)
            {
                if (_complete)
                {
                    foreach (var offer in group.Offers)
                    {
                        Remove(offer, outcome == RuleOutcome.Error ? RemovalReason.RuleError : RemovalReason.Eligibility, rule + 1);
                    }
                }

                return 0;
            }
        }

        foreach (var offer in group.Offers)
        {
            var reason = Check(offer, out var detail);
            if (reason == RemovalReason.None)
            {
                reason = arbiter.TryAdd(offer, workspace.BudgetDayOf(offer.Campaign, nowMicros));
            }

            if (reason != RemovalReason.None)
            {
                Remove(offer, reason, detail);
            }
        }

        return group.Offers.Length;
    }

    private RemovalReason Check(Offer offer, out int detail)
    {
        detail = 0;
        if (environment.Leases[offer.Campaign.Number].Paused)
        {
            return RemovalReason.Paused;
        }

        if (environment.OutOfStock.Contains(offer.Number))
        {
            return RemovalReason.OutOfStock;
        }

        if (asked.Exclude.Length > 0 && Array.IndexOf(asked.Exclude, offer.Id) >= 0)
        {
            return RemovalReason.Excluded;
        }

        if (workspace.Variants.Count > 0 && LeftOutBy(offer) is var experiment and > 0)
        {
            detail = experiment;
            return RemovalReason.Experiment;
        }

        foreach (var consent in offer.Consents)
        {
            if (!consent.IsGiven(state, placement.Channel))
            {
                detail = consent.Number;
                return RemovalReason.Consent;
            }
        }

        if (_isSuppressed && Suppression.PausedBy(state, offer, placement.ChannelNumber, _catalog, nowMicros) is var rule and > 0)
        {
            detail = rule;
            return RemovalReason.Suppressed;
        }

        return workspace.OffersTaken.Count > 0 && workspace.OffersTaken.Contains(offer.Number) ? RemovalReason.Taken : Again(offer, out detail);
    }

    /// <summary>Number of the experiment whose variant leaves an offer out, or 0.</summary>
    private int LeftOutBy(Offer offer)
    {
        foreach (var exposure in workspace.Exposures)
        {
            if (_catalog.ExperimentByNumber[exposure.Experiment].Find(exposure.Variant) is { } variant && !variant.Shows(offer.Number))
            {
                return exposure.Experiment;
            }
        }

        return 0;
    }

    private bool IsQuiet(QuietHours quiet)
    {
        var isUnknown = false;
        var zone = quiet.Zone ?? _catalog.CustomerZones?.Of(state, out isUnknown) ?? _catalog.Zone;
        workspace.UnknownZones += isUnknown ? 1 : 0;
        if (!QuietClock.IsQuiet(quiet, zone, nowMicros))
        {
            return false;
        }

        workspace.HoldUntilMicros = quiet.Action == QuietAction.Hold ? QuietClock.EndMicros(quiet, zone, nowMicros) : 0;
        return true;
    }

    private int RemoveAll(CandidateSlice slice, RemovalReason reason, int detail)
    {
        if (!_complete)
        {
            return placement.Offers.Length;
        }

        var groups = slice.Always.Concat(slice.Buckets.SelectMany(bucket => bucket.Groups.Values.SelectMany(found => found)).Distinct());
        foreach (var offer in groups.SelectMany(group => group.Offers))
        {
            Remove(offer, reason, detail);
        }

        return 0;
    }

    private void Remove(Offer offer, RemovalReason reason, int detail) =>
        workspace.Removed.Add(new TracedRemoval(offer.Number, reason, 0, detail));
}
