using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Segments;

namespace PmOrleans.Node.Verification;

/// <summary>Segments counted again as plain sets of customers, and compared with what the projection saved. Memory is a set for each customer in a segment.</summary>
internal sealed class SegmentRecount(ILogReader reader, FindingList findings)
{
    private readonly Dictionary<CustomerKey, SortedSet<int>> _memberships = [];
    private readonly Dictionary<int, (long Entered, long Left)> _flows = [];
    private readonly Dictionary<(CustomerKey Customer, int Amount), long> _amounts = [];

    public CheckpointRow? Saved { get; } = reader.LoadCheckpoint(ProjectionNames.Segments);

    /// <summary>Watermark of the saved figures; -1 when none were saved.</summary>
    public long SavedAt => Saved?.Watermark ?? -1;

    /// <summary>Takes up where a cut log begins.</summary>
    public void Begin(IEnumerable<(int Segment, long Entered, long Left)> flows)
    {
        foreach (var (segment, entered, left) in flows)
        {
            _flows[segment] = (entered, left);
        }
    }

    /// <summary>The same for one customer.</summary>
    public void Begin(CustomerKey customer, SegmentChangeFact standing)
    {
        if (standing.Entered.Length > 0)
        {
            _memberships[customer] = [.. standing.Entered];
        }

        foreach (var (amount, micros) in standing.Amounts)
        {
            _amounts[(customer, amount)] = micros;
        }
    }

    public void Apply(LogRow row, Fact fact)
    {
        switch (fact)
        {
            case SegmentChangeFact change:
                if (!_memberships.TryGetValue(row.Customer, out var known))
                {
                    _memberships.Add(row.Customer, known = []);
                }

                foreach (var segment in change.Left)
                {
                    Check(row, segment, known.Remove(segment), "left", "a member");
                    Count(segment, entered: 0, left: 1);
                }

                foreach (var segment in change.Entered)
                {
                    Check(row, segment, known.Add(segment), "entered", "no member");
                    Count(segment, entered: 1, left: 0);
                }

                foreach (var (amount, micros) in change.Amounts)
                {
                    _amounts[(row.Customer, amount)] = micros;
                }

                break;
            case ErasureFact when _memberships.Remove(row.Customer, out var erased):
                foreach (var segment in erased)
                {
                    findings.Add(FindingKind.SegmentDiffers, $"record {row.Sequence} segment {segment}", "left before the erasure", "a member still");
                }

                foreach (var key in _amounts.Keys.Where(key => key.Customer == row.Customer).ToList())
                {
                    _amounts.Remove(key);
                }

                break;
        }
    }

    /// <summary>Compares what the projection saved; called when the recount stands at its watermark.</summary>
    public void Compare()
    {
        using var saved = SegmentCheckpoint.Load(reader);
        if (reader.LoadCheckpoint(ProjectionNames.Segments)?.Watermark != Saved?.Watermark)
        {
            // Saved anew by a node that goes on: what was to be compared is there no more.
            return;
        }

        if (saved is null)
        {
            findings.Add(FindingKind.Unreadable, "checkpoint segments", "saved figures", "parts that do not fit together");
            return;
        }

        Compare(saved, findings);
    }

    /// <summary>Compares figures with the recount as it stands.</summary>
    public void Compare(SegmentFold saved, FindingList differences)
    {
        var sizes = new Dictionary<int, long>();
        var sums = new Dictionary<(int Segment, int Amount), Int128>();
        var amounts = _amounts.Keys.Select(key => key.Amount).Distinct().ToList();
        foreach (var (customer, segments) in _memberships)
        {
            foreach (var segment in segments)
            {
                sizes[segment] = sizes.GetValueOrDefault(segment) + 1;
                foreach (var amount in amounts)
                {
                    sums[(segment, amount)] = sums.GetValueOrDefault((segment, amount)) + _amounts.GetValueOrDefault((customer, amount));
                }
            }
        }

        foreach (var segment in saved.Segments.Union(_flows.Keys).Order())
        {
            var (entered, left) = _flows.GetValueOrDefault(segment);
            Compare(differences, segment, "size", sizes.GetValueOrDefault(segment), saved.SizeOf(segment));
            Compare(differences, segment, "entered", entered, saved.EnteredOf(segment));
            Compare(differences, segment, "left", left, saved.LeftOf(segment));
            foreach (var amount in amounts)
            {
                Compare(differences, segment, $"sum of amount {amount}", sums.GetValueOrDefault((segment, amount)), saved.SumOf(segment, amount));
            }
        }
    }

    private static void Compare(FindingList differences, int segment, string what, Int128 expected, Int128 found)
    {
        if (expected != found)
        {
            differences.Add(FindingKind.SegmentDiffers, $"segment {segment}, {what}", expected, found);
        }
    }

    private void Check(LogRow row, int segment, bool holds, string what, string expected)
    {
        if (!holds)
        {
            findings.Add(FindingKind.SegmentDiffers, $"record {row.Sequence} segment {segment}", expected, what);
        }
    }

    private void Count(int segment, int entered, int left)
    {
        var before = _flows.GetValueOrDefault(segment);
        _flows[segment] = (before.Entered + entered, before.Left + left);
    }
}
