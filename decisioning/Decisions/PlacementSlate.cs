using System.Collections.Immutable;
using PmOrleans.Decisioning.Arbitration;
using PmOrleans.Decisioning.Caps;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Hashing;
using PmOrleans.Decisioning.Policies;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>One placement of one decision: filter, hold, estimate, arbitrate, draw slot by slot, trace.</summary>
internal readonly ref struct PlacementSlate(
    CustomerState state,
    DecisionRequest request,
    PlacementRequest asked,
    Placement placement,
    UInt128 decisionHash,
    long nowMicros,
    DecisionEnvironment environment,
    DecisionWorkspace workspace)
{
    private readonly CandidateFilter _filter = new(state, request, asked, placement, nowMicros, environment, workspace);

    public PlacementDecision Decide()
    {
        workspace.Survivors = 0;
        workspace.Removed.Clear();
        workspace.LaterSlots.Clear();
        workspace.HoldUntilMicros = 0;
        var closed = _filter.Closed(out var closedDetail);
        var holdout = placement.HoldoutShare > 0 && IsHeldOut();
        if (!placement.Experiments.IsEmpty || workspace.Exposures.Count > 0)
        {
            holdout = Expose(holdout, closed);
        }

        var policy = PolicyInForce();
        var segment = SegmentOf(policy);
        var snapshot = environment.Estimates.For(policy);
        var skipped = _filter.Run(new Arbiter(policy, snapshot, segment, environment, workspace, counts: !request.DryRun), closed, closedDetail);

        var input = new ExplorationInput(snapshot.Observations, ScoreScale());
        var offers = Draw(policy, in input, holdout, out var laterSlots);
        WriteTrace(in input, skipped, laterSlots);
        return new PlacementDecision(placement.Number, policy.Number, holdout, segment, snapshot.Version, offers)
        {
            HoldUntilMicros = workspace.HoldUntilMicros,
            Exposures = workspace.Exposures.Count == 0 ? [] : [.. workspace.Exposures],
        };
    }

    /// <summary>Finds out which experiments act here; returns whether the customer is held out.</summary>
    private bool Expose(bool holdout, RemovalReason closed)
    {
        workspace.Variants.Clear();
        workspace.Exposures.Clear();
        var exposure = new Exposure(state, placement, nowMicros, environment, workspace);
        holdout |= exposure.IsHeldOut();
        if (closed == RemovalReason.None)
        {
            exposure.Enter(holdout);
        }

        return holdout;
    }

    private Policy PolicyInForce()
    {
        foreach (var variant in workspace.Variants)
        {
            if (variant.Policy is { } other)
            {
                return other;
            }
        }

        return placement.Policy;
    }

    /// <summary>An offer's creatives, or those that a variant shows it in.</summary>
    private ImmutableArray<Creative> CreativesOf(Offer offer)
    {
        foreach (var variant in workspace.Variants)
        {
            if (variant.OfferToCreatives.Count > 0 && variant.OfferToCreatives.TryGetValue(offer.Number, out var creatives))
            {
                return creatives;
            }
        }

        return offer.Creatives;
    }

    private int SegmentOf(Policy policy)
    {
        foreach (var segment in policy.Segments)
        {
            if (workspace.Input.IsIn(segment))
            {
                return segment.Number;
            }
        }

        return 0;
    }

    private bool IsHeldOut() =>
        SipHash.ToUnit(environment.Hashes.Bucket.Hash64(state.Key.Low ^ state.Key.High, (ulong)placement.Number)) < placement.HoldoutShare;

    private ServedOffer[] Draw(Policy policy, in ExplorationInput input, bool holdout, out int laterSlots)
    {
        laterSlots = 0;
        var count = workspace.Survivors;
        if (count == 0)
        {
            return Fallback();
        }

        var wanted = Math.Min(Math.Min(asked.Count, placement.Slots), count);
        var served = new ServedOffer[wanted];
        var filled = 0;
        for (var slot = 0; slot < wanted; slot++)
        {
            int chosen;
            double probability;
            if (slot == 0)
            {
                var probabilities = workspace.Probabilities.AsSpan(0, count);
                Distribute(policy, holdout, workspace.Scores.AsSpan(0, count), workspace.ScoreSpreads.AsSpan(0, count), in input, probabilities);
                chosen = ProbabilityDraw.Index(probabilities, Uniform(slot, 0));
                probability = probabilities[chosen];
            }
            else
            {
                var remaining = FilterAgain(count, slot);
                if (remaining == 0)
                {
                    break;
                }

                var probabilities = workspace.RemainingProbabilities.AsSpan(0, remaining);
                Distribute(
                    policy, holdout, workspace.RemainingScores.AsSpan(0, remaining), workspace.RemainingSpreads.AsSpan(0, remaining), in input, probabilities);
                var drawn = ProbabilityDraw.Index(probabilities, Uniform(slot, 0));
                chosen = workspace.Remaining[drawn];
                probability = probabilities[drawn];
                laterSlots++;
                TraceLater(remaining);
            }

            served[filled++] = Serve(chosen, probability, slot, policy);
        }

        ReleaseUnserved(count);
        return filled == served.Length ? served : served[..filled];
    }

    private double ScoreScale()
    {
        double scale = 0;
        foreach (var offer in workspace.Offers.AsSpan(0, workspace.Survivors))
        {
            scale = Math.Max(scale, offer.Value);
        }

        return scale;
    }

    private static void Distribute(
        Policy policy, bool holdout, ReadOnlySpan<double> scores, ReadOnlySpan<double> spreads, in ExplorationInput input, Span<double> probabilities)
    {
        if (holdout)
        {
            probabilities.Fill(1.0 / probabilities.Length);
        }
        else
        {
            policy.Exploration.Distribute(scores, spreads, in input, probabilities);
        }
    }

    /// <summary>A uniform number for a slot: the same decision id draws the same again. Bucketing has another key.</summary>
    private double Uniform(int slot, int purpose) => SipHash.ToUnit(environment.Hashes.Draw.Hash64(
        (ulong)decisionHash ^ (ulong)(decisionHash >> 64), ((ulong)placement.Number << 32) | ((uint)purpose << 16) | (uint)slot));

    /// <summary>Those of the first slot's survivors that still pass after the earlier slots; the others are traced with their reason.</summary>
    private int FilterAgain(int count, int slot)
    {
        var remaining = 0;
        for (var i = 0; i < count; i++)
        {
            var offer = workspace.Offers[i];
            if (workspace.Holds[i] < 0)
            {
                continue;
            }

            var reason = _filter.Again(offer, out var detail);
            if (reason != RemovalReason.None)
            {
                workspace.Removed.Add(new TracedRemoval(offer.Number, reason, slot, detail));
                continue;
            }

            workspace.Remaining[remaining] = i;
            workspace.RemainingScores[remaining] = workspace.Scores[i];
            workspace.RemainingSpreads[remaining] = workspace.ScoreSpreads[i];
            remaining++;
        }

        return remaining;
    }

    private ServedOffer Serve(int index, double probability, int slot, Policy policy)
    {
        var offer = workspace.Offers[index];
        var held = workspace.Holds[index];
        // Marks it as served: not to be released, not to be drawn again.
        workspace.Holds[index] = -1;
        workspace.OffersTaken.Add(offer.Number);
        if (offer.ExclusionGroupOrdinal >= 0)
        {
            workspace.GroupsTaken.Add(offer.ExclusionGroupOrdinal);
        }

        CapUse.Take(offer, placement.ChannelNumber, environment.Catalog, workspace);
        var creative = CreativeChoice.Choose(CreativesOf(offer), LocaleAsked(), environment.Catalog.DefaultLocale, Uniform(slot, 1), out var factor);

        var budget = offer.Campaign.Budget;
        var chargesTotal = budget?.TotalMicros is not null;
        var day = workspace.BudgetDays[index];
        if (held > 0)
        {
            var lease = environment.Leases[offer.Campaign.Number];
            workspace.Moves.Add(new LeaseMove(lease, held, chargesTotal, day));
            if (!request.DryRun)
            {
                lease.PacedSpendMicros += workspace.Spends[index];
                lease.PacedHeldMicros += held;
            }
        }

        var settles = budget?.SettleOn == SettleOn.Decision;
        var goalUntil = nowMicros + policy.Goal.WithinMicros;
        return new ServedOffer
        {
            Offer = offer.Number,
            Creative = creative.Number,
            Campaign = offer.Campaign.Number,
            Category = offer.CategoryNumber,
            Channel = placement.ChannelNumber,
            Propensity = probability * factor,
            Score = workspace.Scores[index],
            CostMicros = offer.CostMicros,
            ReservedMicros = settles ? 0 : held,
            SettledMicros = settles ? held : 0,
            ChargesTotal = chargesTotal,
            BudgetDay = day,
            HoldUntilMicros = WaitsUnderCaps(offer) ? nowMicros + (environment.Catalog.CapHold.Ticks / 10) : 0,
            ReserveUntilMicros = nowMicros + ReserveWindow.For(budget, offer.Campaign, policy, nowMicros, environment),
            GoalUntilMicros = goalUntil,
        };
    }

    /// <summary>Whether a cap over this offer counts an event that can only come later.</summary>
    private bool WaitsUnderCaps(Offer offer)
    {
        foreach (var scope in environment.Catalog.Caps.For(offer.Number, offer.Campaign.Number, offer.CategoryNumber, placement.ChannelNumber))
        {
            if (scope.Cap.Event != CappedEvent.Decision)
            {
                return true;
            }
        }

        return false;
    }

    private void ReleaseUnserved(int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (workspace.Holds[i] > 0)
            {
                var campaign = workspace.Offers[i].Campaign;
                environment.Leases[campaign.Number].Release(
                    workspace.Holds[i], campaign.Budget!.TotalMicros is not null, workspace.BudgetDays[i]);
            }
        }
    }

    private ServedOffer[] Fallback()
    {
        if (workspace.HoldUntilMicros > 0 || placement.Fallback is not { } fallback)
        {
            return [];
        }

        var creative = CreativeChoice.Choose(fallback.Creatives, LocaleAsked(), environment.Catalog.DefaultLocale, 0, out _);
        return
        [
            new ServedOffer
            {
                Offer = 0,
                Creative = creative.Number,
                Campaign = 0,
                Category = 0,
                Channel = placement.ChannelNumber,
                Propensity = 0,
                Score = 0,
                CostMicros = 0,
                ReservedMicros = 0,
                SettledMicros = 0,
                ChargesTotal = false,
                BudgetDay = 0,
                HoldUntilMicros = 0,
                ReserveUntilMicros = 0,
                GoalUntilMicros = 0,
            },
        ];
    }

    private string? LocaleAsked()
    {
        foreach (var (name, value) in request.Context)
        {
            if (name == "locale")
            {
                return value.Text;
            }
        }

        return null;
    }

    private void TraceLater(int remaining)
    {
        workspace.LaterSlots.Count(remaining);
        for (var i = 0; i < remaining; i++)
        {
            workspace.LaterSlots.Count(workspace.Remaining[i]);
            workspace.LaterSlots.Double(workspace.RemainingProbabilities[i]);
        }
    }

    private void WriteTrace(in ExplorationInput input, int skipped, int laterSlots)
    {
        var trace = workspace.Trace;
        trace.Byte(TraceCodec.Format);
        trace.Signed(input.Observations);
        trace.Double(input.ScoreScale);
        trace.Count(workspace.Survivors);
        double unit = 0;
        for (var i = 0; i < workspace.Survivors; i++)
        {
            TraceCodec.WriteSurvivor(
                trace,
                new TracedSurvivor(
                    workspace.Offers[i].Number,
                    workspace.Rates[i],
                    workspace.RateSpreads[i],
                    workspace.Scores[i],
                    workspace.Prices[i],
                    workspace.Probabilities[i],
                    workspace.Units[i]),
                unit);
            unit = workspace.Units[i];
        }

        trace.Count(workspace.Removed.Count);
        foreach (var (offer, reason, slot, detail) in workspace.Removed)
        {
            trace.Count(offer);
            trace.Byte((byte)reason);
            trace.Count(slot);
            trace.Count(detail);
        }

        trace.Count(skipped);
        trace.Count(laterSlots);
        trace.Raw(workspace.LaterSlots.Written);
    }
}
