using PmOrleans.Decisioning.Caps;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Consent;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Profiles;

/// <content>The fold, a method for each kind of fact.</content>
public sealed partial class CustomerState
{
    private void ApplyTouchpoint(TouchpointFact fact, CatalogSnapshot catalog)
    {
        See(fact.ReceivedAtMicros);
        if (fact.Touchpoint is not { } touchpoint)
        {
            return;
        }

        FirstSeenMicros = Math.Min(FirstSeenMicros, fact.AtMicros);
        if (fact.MessageHash != 0)
        {
            _messages.Add(fact.MessageHash);
        }

        // The channel of a consent is what it is about, not where the customer is.
        if (touchpoint is { Channel: { } channel, Type: not TouchpointTypes.Consent } && fact.AtMicros >= TimeOfLastChannel())
        {
            LastChannel = NamePool.Get(channel);
        }

        Tally(touchpoint, fact.AtMicros);
        FoldMetrics(touchpoint, fact.AtMicros, catalog);
        switch (touchpoint.Type)
        {
            case TouchpointTypes.Identify:
                foreach (var (name, value) in touchpoint.Set)
                {
                    SetAttribute(name, value);
                }

                foreach (var name in touchpoint.Unset)
                {
                    _attributes = Array.FindAll(_attributes, entry => entry.Name != name);
                }

                break;
            case TouchpointTypes.Consent when touchpoint is { Purpose: { } purpose, Granted: { } granted }:
                if (touchpoint.Channel is { } about)
                {
                    SetConsent(purpose, about, granted, fact.AtMicros);
                }
                else
                {
                    SetConsent(purpose, granted, fact.AtMicros);
                }

                break;
        }
    }

    private long TimeOfLastChannel()
    {
        // A late event must not turn the last channel back; the latest claimed time over all types decides.
        var last = long.MinValue;
        foreach (ref readonly var tally in _tallies.AsSpan())
        {
            last = Math.Max(last, tally.LastAtMicros);
        }

        return last;
    }

    private void Tally(Touchpoint touchpoint, long atMicros)
    {
        for (var i = 0; i < _tallies.Length; i++)
        {
            ref var tally = ref _tallies[i];
            if (tally.Type == touchpoint.Type)
            {
                tally = tally with
                {
                    Count = tally.Count + 1,
                    LastAtMicros = Math.Max(tally.LastAtMicros, atMicros),
                    ValueMicros = ValueSum.Add(tally.ValueMicros, touchpoint.ValueMicros ?? 0),
                };
                return;
            }
        }

        // Types are data and come from outside: beyond a bound they are in the log and counted nowhere.
        if (_tallies.Length < MostTallies)
        {
            Array.Resize(ref _tallies, _tallies.Length + 1);
            _tallies[^1] = new TouchTally(NamePool.Get(touchpoint.Type), 1, atMicros, touchpoint.ValueMicros ?? 0);
        }
    }

    private void SetAttribute(string name, PropertyValue value)
    {
        value = value.Text is { } text ? value with { Text = NamePool.Get(text) } : value;
        for (var i = 0; i < _attributes.Length; i++)
        {
            if (_attributes[i].Name == name)
            {
                _attributes[i] = new AttributeEntry(_attributes[i].Name, value);
                return;
            }
        }

        _attributes = [.. _attributes, new AttributeEntry(NamePool.Get(name), value)];
    }

    private void SetConsent(string purpose, bool granted, long atMicros)
    {
        for (var i = 0; i < _consents.Length; i++)
        {
            if (_consents[i].Purpose == purpose)
            {
                if (IsLastWord(granted, atMicros, _consents[i].AtMicros))
                {
                    _consents[i] = _consents[i] with { Granted = granted, AtMicros = atMicros };
                }

                return;
            }
        }

        _consents = [.. _consents, new ConsentEntry(NamePool.Get(purpose), granted, atMicros)];
    }

    private void ApplyDecision(DecisionFact fact, CatalogSnapshot catalog)
    {
        See(fact.AtMicros);
        CatalogVersion = Math.Max(CatalogVersion, fact.CatalogVersion);
        var slot = 0;
        foreach (var placement in fact.Placements)
        {
            var exposed = placement.Exposures.Length == 0 ? 0 : SlotsOf(placement.Exposures);
            foreach (var offer in placement.Offers)
            {
                if (offer.IsFallback)
                {
                    slot++;
                    continue;
                }

                CapCounters.Record(ref _lists, catalog, CappedEvent.Decision, offer.Offer, offer.Campaign, offer.Category, offer.Channel, fact.AtMicros);
                AddOpen(new OpenDecision
                {
                    Sequence = Sequence,
                    Slot = slot++,
                    DecisionHash = (ulong)fact.DecisionHash,
                    AtMicros = fact.AtMicros,
                    HoldUntilMicros = offer.HoldUntilMicros,
                    ReserveUntilMicros = offer.ReserveUntilMicros,
                    GoalUntilMicros = offer.GoalUntilMicros,
                    CostMicros = offer.CostMicros,
                    ReservedMicros = offer.ReservedMicros,
                    Offer = offer.Offer,
                    Campaign = offer.Campaign,
                    Category = offer.Category,
                    Channel = offer.Channel,
                    Placement = placement.Placement,
                    Policy = placement.Policy,
                    Segment = placement.Segment,
                    BudgetDay = offer.BudgetDay,
                    Exposed = exposed,
                    Flags = (placement.Holdout ? OpenFlags.Holdout : OpenFlags.None) | (offer.SettledMicros > 0 ? OpenFlags.Settled : OpenFlags.None)
                        | (offer.ChargesTotal ? OpenFlags.ChargesTotal : OpenFlags.None),
                });
            }
        }
    }

    private void AddOpen(in OpenDecision open)
    {
        if (_openCount == _open.Length)
        {
            Array.Resize(ref _open, Math.Max(1, _openCount + ((_openCount + 1) / 2)));
        }

        _open[_openCount++] = open;
    }

    private void ApplyOutcome(OutcomeFact fact, CatalogSnapshot catalog)
    {
        // What a sender claims does not move the customer's time; the touchpoint that brought the event has, by when it was received.
        if (fact.Event is OutcomeEvent.Expired or OutcomeEvent.Released)
        {
            See(fact.AtMicros);
        }

        if (fact.Event == OutcomeEvent.Dismiss && !catalog.Suppression.IsEmpty)
        {
            SuppressionCounters.Count(ref _lists, catalog, SuppressOn.Dismiss, fact, fact.AtMicros);
        }

        if (CapCounters.CappedBy(fact.Event) is { } capped)
        {
            CapCounters.Record(ref _lists, catalog, capped, fact.Offer, fact.Campaign, fact.Category, fact.Channel, fact.AtMicros);
        }

        if (fact.DecisionSequence == 0)
        {
            return;
        }

        if (fact.Exposures.Length > 0)
        {
            ApplyExposures(fact);
        }

        for (var i = 0; i < _openCount; i++)
        {
            ref var open = ref _open[i];
            if (open.Sequence == fact.DecisionSequence && open.Slot == fact.Slot)
            {
                open.ReservedMicros -= fact.FromReserveMicros + fact.ReleasedMicros;
                open.Flags |= fact.Event switch
                {
                    OutcomeEvent.Impression => OpenFlags.Impressed,
                    OutcomeEvent.Click => OpenFlags.Clicked,
                    OutcomeEvent.Conversion => OpenFlags.Converted,
                    _ => OpenFlags.None,
                };
                if (fact.Reward >= 0 || fact.Event == OutcomeEvent.Expired)
                {
                    open.Flags |= OpenFlags.Resolved;
                }

                if (fact.Event == OutcomeEvent.Expired)
                {
                    // Early, when the list was full: its windows end here.
                    open.GoalUntilMicros = Math.Min(open.GoalUntilMicros, fact.AtMicros);
                    if (fact.Reward == 0 && !catalog.Suppression.IsEmpty && open.IsIgnored())
                    {
                        SuppressionCounters.Count(ref _lists, catalog, SuppressOn.Ignored, fact, open.GoalUntilMicros);
                    }
                }

                if (fact.SettledMicros + fact.UnbilledMicros > 0)
                {
                    open.Flags |= OpenFlags.Settled;
                }

                return;
            }
        }
    }
}
