using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Projections;

namespace PmOrleans.Node.Verification;

/// <summary>What was learned, counted again: trials, rewards and open trials of each arm as plain integers, estimates by folding a model afresh.</summary>
internal sealed class ModelRecount(PublishedCatalogs catalogs, FindingList findings, List<string> notes)
{
    private readonly Dictionary<ArmKey, long[]> _arms = [];
    private readonly Dictionary<int, BetaModel> _fresh = [];
    private readonly Dictionary<int, BetaOptions> _options = [];

    /// <summary>Reads what was saved first: a model is folded again under the options it was saved with.</summary>
    public void Expect(byte[] saved) => Expect(AccountingFold.ReadModels(saved));

    /// <summary>The same of models by policy number.</summary>
    public void Expect(IEnumerable<(int Policy, byte[] Bytes)> saved)
    {
        foreach (var (policy, bytes) in saved)
        {
            if (OptionsThatRead(policy, bytes) is { } options)
            {
                _options[policy] = options;
            }
        }
    }

    /// <summary>Takes up where a cut log begins. A model that was folded under other options than the saved one begins empty, as the saved one did.</summary>
    public void Begin(byte[] models)
    {
        foreach (var (policy, bytes) in AccountingFold.ReadModels(models))
        {
            if (!_options.TryGetValue(policy, out var options) || BetaModel.OptionsOf(bytes) is var folded
                && (folded.HalfLife != options.HalfLife || folded.RewardWindow != options.RewardWindow))
            {
                continue;
            }

            var model = _fresh[policy] = BetaModel.Read(bytes, options);
            foreach (var report in model.Report(0))
            {
                _arms[report.Arm] = [report.Trials, report.Trials - report.Pending, report.Rewards];
            }
        }
    }

    public void Apply(Fact fact)
    {
        switch (fact)
        {
            case DecisionFact decision:
                foreach (var placement in decision.Placements.Where(placement => !placement.Holdout))
                {
                    foreach (var offer in placement.Offers.Where(offer => !offer.IsFallback))
                    {
                        var arm = new ArmKey(placement.Policy, offer.Offer, placement.Segment);
                        Count(arm, trials: 1, resolved: 0, rewards: 0);
                        Fresh(placement.Policy)?.Trial(arm, decision.AtMicros);
                    }
                }

                break;
            case OutcomeFact { Reward: >= 0, Holdout: false, DecisionSequence: > 0 } outcome:
                var of = new ArmKey(outcome.Policy, outcome.Offer, outcome.Segment);
                Count(of, trials: 0, resolved: 1, rewards: outcome.Reward);
                Fresh(outcome.Policy)?.Resolve(of, outcome.DecisionAtMicros, outcome.AtMicros, outcome.Reward == 1, outcome.AtMicros - outcome.DecisionAtMicros);
                break;
        }
    }

    /// <summary>Compares what the projection saved; called when the recount stands at its watermark.</summary>
    public void Compare(byte[] saved) => Compare(AccountingFold.ReadModels(saved));

    /// <summary>The same of models by policy number.</summary>
    public void Compare(IEnumerable<(int Policy, byte[] Bytes)> saved)
    {
        var seen = new HashSet<ArmKey>();
        foreach (var (policy, bytes) in saved)
        {
            if (!_options.TryGetValue(policy, out var options))
            {
                notes.Add($"policy {policy}: saved with options that no published catalog has; its figures are not compared");
                foreach (var arm in _arms.Keys.Where(arm => arm.Policy == policy))
                {
                    seen.Add(arm);
                }

                continue;
            }

            var model = BetaModel.Read(bytes, options);
            var reports = model.Report(0);
            var fresh = Fresh(policy)!.Report(0).ToDictionary(report => report.Arm);
            foreach (var report in reports)
            {
                seen.Add(report.Arm);
                var counted = _arms.GetValueOrDefault(report.Arm) ?? new long[3];
                long[] found = [report.Trials, report.Rewards, report.Pending];
                long[] expected = [counted[0], counted[2], counted[0] - counted[1]];
                if (!found.AsSpan().SequenceEqual(expected))
                {
                    findings.Add(FindingKind.ModelDiffers, Where(report.Arm), $"trials/rewards/pending {string.Join('/', expected)}", string.Join('/', found));
                }
                else if (fresh.TryGetValue(report.Arm, out var again) && !Close(report.Estimate, again.Estimate))
                {
                    findings.Add(FindingKind.ModelDiffers, Where(report.Arm), again.Estimate, report.Estimate);
                }
            }
        }

        foreach (var (arm, counted) in _arms.Where(entry => !seen.Contains(entry.Key)))
        {
            findings.Add(FindingKind.ModelDiffers, Where(arm), $"trials {counted[0]}", "nothing");
        }
    }

    private static string Where(ArmKey arm) => $"policy {arm.Policy} offer {arm.Offer} segment {arm.Segment}";

    private BetaOptions? OptionsThatRead(int policy, byte[] bytes)
    {
        var candidates = catalogs.All
            .Select(catalog => catalog.PolicyByNumber.GetValueOrDefault(policy)?.Model)
            .OfType<BetaOptions>()
            .Append(new BetaOptions());
        foreach (var options in candidates)
        {
            try
            {
                BetaModel.Read(bytes, options);
                return options;
            }
            catch (InvalidDataException)
            {
                // Folded under another version's half-life or window; the next may fit.
            }
        }

        return null;
    }

    private void Count(ArmKey arm, long trials, long resolved, long rewards)
    {
        Add(arm);
        if (arm.Segment != 0)
        {
            // An arm of a segment counts for all customers as well.
            Add(arm with { Segment = 0 });
        }

        void Add(ArmKey key)
        {
            if (!_arms.TryGetValue(key, out var counted))
            {
                _arms.Add(key, counted = new long[3]);
            }

            counted[0] += trials;
            counted[1] += resolved;
            counted[2] += rewards;
        }
    }

    private BetaModel? Fresh(int policy)
    {
        if (!_options.TryGetValue(policy, out var options))
        {
            return null;
        }

        if (!_fresh.TryGetValue(policy, out var model))
        {
            _fresh.Add(policy, model = new BetaModel(policy, options));
        }

        return model;
    }

    private static bool Close(ArmEstimate left, ArmEstimate right) =>
        Close(left.Rate, right.Rate) && Close(left.Spread, right.Spread) && Close(left.Trials, right.Trials) && Close(left.Rewards, right.Rewards);

    private static bool Close(double left, double right) => Math.Abs(left - right) <= 1e-9 * Math.Max(1, Math.Max(Math.Abs(left), Math.Abs(right)));
}
