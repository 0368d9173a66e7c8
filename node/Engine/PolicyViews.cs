using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Decisioning.Policies;
using PmOrleans.Node.Port;
using PmOrleans.Node.Projections;

namespace PmOrleans.Node.Engine;

/// <summary>What a placement's policy has learned, as operators read it.</summary>
internal static class PolicyViews
{
    public static PolicyView Of(Placement placement, CatalogSnapshot catalog, IAccounts accounts, long nowMicros)
    {
        var policy = placement.Policy;
        var (reports, observations) = accounts.Read(fold =>
        {
            var model = fold.Models.GetValueOrDefault(policy.Number) ?? new BetaModel(policy.Number, policy.Model);
            return (model.Report(nowMicros).ToDictionary(report => report.Arm), model.Observations);
        });
        var unseen = new BetaModel(policy.Number, policy.Model);
        var estimates = placement.Offers
            .Select(offer => reports.GetValueOrDefault(new ArmKey(policy.Number, offer.Number, 0)) is { } report
                ? report.Estimate
                : unseen.Estimate(new ArmKey(policy.Number, offer.Number, 0), nowMicros))
            .ToArray();
        var probabilities = Distribute(placement, estimates, observations);
        var byNumber = placement.Offers.Select((offer, index) => (offer.Number, index)).ToDictionary(pair => pair.Number, pair => pair.index);
        var rows = placement.Offers
            .Select((offer, index) => Row(
                offer.Id, null, reports.GetValueOrDefault(new ArmKey(policy.Number, offer.Number, 0)), estimates[index], probabilities[index]))
            .Concat(reports.Values
                .Where(report => report.Arm.Segment != 0 && byNumber.ContainsKey(report.Arm.Offer))
                .Select(report => Row(
                    catalog.Registry.IdOf(IdKind.Offer, report.Arm.Offer) ?? "",
                    catalog.Registry.IdOf(IdKind.Segment, report.Arm.Segment),
                    report,
                    report.Estimate,
                    0)));
        return new PolicyView(
            placement.Id,
            policy.Id,
            "beta",
            Explorations.NameOf(policy.ExplorationOptions.Kind),
            policy.Goal.On,
            observations,
            probabilities.Where(probability => probability > 0).Sum(probability => -probability * Math.Log(probability)),
            reports.Values.Select(report => report.LastUpdate).DefaultIfEmpty(0).Max(),
            [.. rows]);
    }

    /// <summary>What the first slot would draw from, were every offer of the placement eligible and free of cost.</summary>
    private static double[] Distribute(Placement placement, ArmEstimate[] estimates, long observations)
    {
        if (estimates.Length == 0)
        {
            return [];
        }

        double[] scores = [.. estimates.Select((estimate, index) => estimate.Rate * placement.Offers[index].Value)];
        double[] spreads = [.. estimates.Select((estimate, index) => estimate.Spread * placement.Offers[index].Value)];
        var probabilities = new double[scores.Length];
        placement.Policy.Exploration.Distribute(
            scores, spreads, new ExplorationInput(observations, placement.Offers.Max(offer => offer.Value)), probabilities);
        return probabilities;
    }

    private static EstimateView Row(string offerId, string? segment, ArmReport? report, ArmEstimate estimate, double probability) => new(
        offerId,
        segment,
        estimate.Rate,
        estimate.Spread,
        report?.Lower ?? 0,
        report?.Upper ?? 1,
        estimate.Trials,
        estimate.Rewards,
        report?.Pending ?? 0,
        probability,
        report?.LastUpdate ?? 0);
}
