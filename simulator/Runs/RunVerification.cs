using System.Diagnostics;
using PmOrleans.Node.Log;
using PmOrleans.Node.Verification;
using PmOrleans.Simulator.Terminal;

namespace PmOrleans.Simulator.Runs;

/// <summary>Counters against truth: the recount of a run's log.</summary>
internal static class RunVerification
{
    /// <summary>The kinds that a run may never show, first; the others follow where they are found.</summary>
    private static readonly FindingKind[] Always = [FindingKind.CapBroken, FindingKind.BudgetOverspent, FindingKind.FactLost, FindingKind.FactDoubled];

    /// <param name="live">Beside the process that has the folder open.</param>
    /// <exception cref="InputException">There is no store there, or it cannot be read.</exception>
    public static async Task<VerificationDocument> RunAsync(string dataFolder, bool live = false)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            var report = await LongTask.RunAsync("recount", "records", progress => StoreVerifier.VerifyAsync(dataFolder, live, progress));
            var counts = Always.Concat(Enum.GetValues<FindingKind>().Except(Always)).ToDictionary(Name, kind => report.Totals.GetValueOrDefault(kind), StringComparer.Ordinal);
            return new VerificationDocument(
                report.IsClean, report.Records, report.Customers, report.Decisions, report.Touchpoints, report.CapChecks,
                Stopwatch.GetElapsedTime(began).TotalSeconds, counts, [.. report.Findings.Take(20).Select(finding => finding.ToString())]);
        }
        catch (NodeLogException failed)
        {
            throw new InputException($"the log in {dataFolder} cannot be verified: {failed.Message}", failed);
        }
    }

    private static string Name(FindingKind kind) => kind switch
    {
        FindingKind.CapBroken => "caps broken",
        FindingKind.BudgetOverspent => "budget overspent (micros)",
        FindingKind.FactLost => "facts lost",
        FindingKind.FactDoubled => "facts doubled",
        FindingKind.MoneyUnbacked => "money unbacked (micros)",
        FindingKind.LedgerDiffers => "ledgers that differ",
        FindingKind.ModelDiffers => "learned figures that differ",
        FindingKind.SnapshotDiffers => "snapshots that differ",
        FindingKind.Dangling => "dangling references",
        FindingKind.EpochBroken => "epochs broken",
        FindingKind.ErasureIncomplete => "erasures incomplete",
        _ => kind.ToString(),
    };
}
