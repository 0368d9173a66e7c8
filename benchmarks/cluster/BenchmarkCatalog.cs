using System.Globalization;
using System.Text;

namespace PmOrleans.ClusterBenchmarks;

/// <summary>A catalog with 50 candidates at every placement, all of them for everybody, all with a cost on a budget that does not end.</summary>
internal static class BenchmarkCatalog
{
    private const int Candidates = 50;

    /// <param name="campaigns">How many budgets the offers spread over; each placement's offers come from different ones where there are enough.</param>
    /// <returns>The folder.</returns>
    public static string Write(int placements, int campaigns)
    {
        var folder = Directory.CreateTempSubdirectory("pmorleans-bench-catalog-").FullName;
        var text = new StringBuilder("""
            catalog: { currency: EUR, capHold: 15m }
            policies:
              default:
                goal: { on: click, within: 30m }
                exploration: { kind: squareCb, floor: 0.01 }
            placements:

            """);
        for (var p = 0; p < placements; p++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  p{p}: {{ channel: web, slots: 1, fallback: {{ offer: none-{p}, content: {{}} }} }}");
        }

        text.AppendLine("campaigns:");
        var offers = placements * Candidates;
        for (var c = 0; c < campaigns; c++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  c{c}:\n    budget: {{ total: 900000000.00, settleOn: decision }}\n    offers:");
            for (var o = c; o < offers; o += campaigns)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"      o{o}: {{ placements: [p{o / Candidates}], value: {10 + (o % 7)}, cost: 0.01, content: {{ title: \"offer {o}\" }} }}");
            }
        }

        File.WriteAllText(Path.Combine(folder, "catalog.yaml"), text.ToString());
        return folder;
    }
}
