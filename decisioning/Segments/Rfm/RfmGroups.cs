using System.Globalization;

namespace PmOrleans.Decisioning.Segments.Rfm;

/// <summary>The segments made of RFM scores: a cell for each of the 125 triples, and ten named groups that divide all of them up.</summary>
/// <remarks>
/// The groups are the usual grid of recency against frequency, with the mean of the frequency and monetary scores (halves up) in frequency's place, so
/// that few large purchases count as much as many small ones.
/// </remarks>
public static class RfmGroups
{
    /// <summary>By recency from 1 (row) and mean of frequency and value from 1 (column).</summary>
    private static readonly string[][] Grid =
    [
        ["hibernating", "hibernating", "at-risk", "at-risk", "cannot-lose"],
        ["hibernating", "hibernating", "at-risk", "at-risk", "cannot-lose"],
        ["about-to-sleep", "about-to-sleep", "need-attention", "loyal", "loyal"],
        ["promising", "potential-loyal", "potential-loyal", "loyal", "loyal"],
        ["new", "potential-loyal", "potential-loyal", "champions", "champions"],
    ];

    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["champions"] = "Champions",
        ["loyal"] = "Loyal",
        ["potential-loyal"] = "Potential loyal",
        ["new"] = "New",
        ["promising"] = "Promising",
        ["need-attention"] = "Need attention",
        ["about-to-sleep"] = "About to sleep",
        ["at-risk"] = "At risk",
        ["cannot-lose"] = "Cannot lose them",
        ["hibernating"] = "Hibernating",
    };

    /// <summary>The group of a customer's scores, without its prefix.</summary>
    public static string GroupOf(RfmScores scores) => Grid[scores.Recency - 1][((scores.Frequency + scores.Value + 1) / 2) - 1];

    /// <summary>Every cell by its number, with the id of its segment.</summary>
    public static IReadOnlyList<(int Cell, string SegmentId)> CellSegments { get; } = [.. Scores().Select(scores => (scores.Cell, $"rfm.{Text(scores.Cell)}"))];

    internal static IReadOnlyList<(string Id, string Name, string Rule)> Groups { get; } =
        [.. Scores().GroupBy(GroupOf, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => ($"rfm.{group.Key}", Names[group.Key], $"rfm.cell in [{string.Join(", ", group.Select(scores => Text(scores.Cell)))}]"))];

    internal static IReadOnlyList<(string Id, string Name, string Rule)> Cells { get; } =
        [.. Scores().Select(scores => ($"rfm.{Text(scores.Cell)}", $"R{scores.Recency} F{scores.Frequency} M{scores.Value}", $"rfm.cell == {Text(scores.Cell)}"))];

    private static IEnumerable<RfmScores> Scores() =>
        from recency in Enumerable.Range(1, 5)
        from frequency in Enumerable.Range(1, 5)
        from value in Enumerable.Range(1, 5)
        select new RfmScores(recency, frequency, value);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
