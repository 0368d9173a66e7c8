using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Population;

/// <summary>Differences between arms over the same visits, paired by customer.</summary>
internal static class Comparison
{
    /// <summary>Of the standard normal: 95 % lie within.</summary>
    private const double Normal95 = 1.959964;

    /// <summary>As many as an interval takes of clicks elsewhere (<see cref="OffPolicyDocument"/>).</summary>
    private const int FewestDiffering = 10;

    /// <summary>Every pair of arms, by true value and by true rate of clicks.</summary>
    public static IReadOnlyList<ComparisonDocument> Of(IReadOnlyList<(string Name, CustomerTally[] PerCustomer)> arms)
    {
        var found = new List<ComparisonDocument>();
        for (var i = 0; i < arms.Count; i++)
        {
            for (var j = i + 1; j < arms.Count; j++)
            {
                found.Add(Of(arms[i], arms[j], "expected value", tally => tally.Value));
                found.Add(Of(arms[i], arms[j], "expected clicks", tally => tally.Rate));
                found.Add(Of(arms[i], arms[j], "clicks", tally => tally.Clicks));
            }
        }

        return found;
    }

    public static ComparisonDocument Of(
        (string Name, CustomerTally[] PerCustomer) first, (string Name, CustomerTally[] PerCustomer) second, string measure, Func<CustomerTally, double> read)
    {
        var customers = first.PerCustomer.Length;
        var differing = 0;
        double sum = 0, squares = 0, baseline = 0;
        for (var i = 0; i < customers; i++)
        {
            var other = read(second.PerCustomer[i]);
            var difference = read(first.PerCustomer[i]) - other;
            differing += difference == 0 ? 0 : 1;
            sum += difference;
            squares += difference * difference;
            baseline += other;
        }

        var mean = sum / customers;
        double? half = differing < FewestDiffering ? null : Normal95 * Math.Sqrt(Math.Max(0, (squares - (customers * mean * mean)) / (customers - 1)) / customers);
        return new ComparisonDocument(first.Name, second.Name, measure, mean, baseline == 0 ? 0 : 100 * sum / Math.Abs(baseline), customers)
        {
            Lower = mean - half,
            Upper = mean + half,
        };
    }
}
