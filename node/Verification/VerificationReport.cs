using System.Globalization;
using System.Text;

namespace PmOrleans.Node.Verification;

/// <summary>What a recount of a store came to.</summary>
public sealed record VerificationReport
{
    private static readonly (FindingKind Kind, string Name, string Unit)[] Lines =
    [
        (FindingKind.FactLost, "facts lost", ""),
        (FindingKind.FactDoubled, "facts doubled", ""),
        (FindingKind.CapBroken, "caps broken", ""),
        (FindingKind.BudgetOverspent, "budget overspent", " micros"),
        (FindingKind.MoneyUnbacked, "money unbacked", " micros"),
        (FindingKind.LedgerDiffers, "ledgers that differ", ""),
        (FindingKind.ModelDiffers, "learned figures that differ", ""),
        (FindingKind.ExperimentDiffers, "experiments that differ", ""),
        (FindingKind.SegmentDiffers, "segment figures that differ", ""),
        (FindingKind.SnapshotDiffers, "snapshots that differ", ""),
        (FindingKind.Dangling, "dangling references", ""),
        (FindingKind.EpochBroken, "epochs broken", ""),
        (FindingKind.ErasureIncomplete, "erasures incomplete", ""),
        (FindingKind.Unreadable, "unreadable", ""),
    ];

    /// <summary>Sequence up to which was counted: the end of the log when the verification began.</summary>
    public required long Watermark { get; init; }

    public required long Records { get; init; }

    public required long Customers { get; init; }

    public required long ErasedCustomers { get; init; }

    public required long Decisions { get; init; }

    public required long Touchpoints { get; init; }

    public required long Outcomes { get; init; }

    /// <summary>Offers answered that were recounted against their caps.</summary>
    public required long CapChecks { get; init; }

    public required long Snapshots { get; init; }

    /// <summary>What could not be compared and why; not a difference.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>The first hundred.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>All of them: how many of a kind, or how many micros where the kind is measured in money.</summary>
    public required IReadOnlyDictionary<FindingKind, long> Totals { get; init; }

    public bool IsClean => Totals.Count == 0;

    /// <summary>0: nothing found; 1: findings.</summary>
    public int ExitCode => IsClean ? 0 : 1;

    /// <summary>For people: counts, a line for each promise, the findings.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        Line($"records: {Records} (up to {Watermark})");
        Line($"customers: {Customers}, erased: {ErasedCustomers}");
        Line($"decisions: {Decisions}, touchpoints: {Touchpoints}, outcomes: {Outcomes}");
        Line($"offers checked against caps: {CapChecks}, snapshots compared: {Snapshots}");
        foreach (var (kind, name, unit) in Lines)
        {
            Line($"{name}: {Totals.GetValueOrDefault(kind)}{unit}");
        }

        foreach (var note in Notes)
        {
            Line($"note: {note}");
        }

        foreach (var finding in Findings)
        {
            Line($"  {finding}");
        }

        Line($"{(IsClean ? "the store equals its recount" : "THE STORE DIFFERS FROM ITS RECOUNT")}");
        return text.ToString();

        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }
}
