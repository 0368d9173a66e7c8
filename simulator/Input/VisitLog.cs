using System.Globalization;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Time;
using PmOrleans.Simulator.Chance;
using PmOrleans.Simulator.Shop;

namespace PmOrleans.Simulator.Input;

/// <summary>A log read whole: its visits in the order of time, and what could not be read.</summary>
/// <param name="Visits">A decision is asked for ten minutes before the first touchpoint of each.</param>
/// <param name="Lines">Lines with data, broken ones included.</param>
/// <param name="BrokenLines">How many were left out.</param>
/// <param name="Broken">The first twenty, by number, with the reason.</param>
public sealed record VisitLog(
    IReadOnlyList<Visit> Visits, long Lines, long BrokenLines, IReadOnlyList<string> Broken, int Customers, long Touchpoints)
{
    private const int MostNamed = 20;
    private const long Lead = 10 * 60_000_000L;

    /// <param name="strict">Stop at the first line that cannot be read.</param>
    /// <exception cref="InputException">The file cannot be read, is empty, does not fit the mapping, or has a broken line and is read strictly.</exception>
    public static VisitLog Read(string path, Mapping mapping, Draws draws, bool strict, CancellationToken cancellation = default)
    {
        var joined = mapping.Join is { } join ? JoinedColumns.Read(Path.Combine(Path.GetDirectoryName(path) ?? "", join.File), join.On) : null;
        var reader = new TouchpointReader(mapping, joined);
        var drafts = new Dictionary<string, Draft>(StringComparer.Ordinal);
        var broken = new List<string>();
        long lines = 0, brokenLines = 0;
        foreach (var line in LineReader.Read(path, mapping))
        {
            cancellation.ThrowIfCancellationRequested();
            lines++;
            if (lines == 1)
            {
                reader.RequireColumns(path, line.Columns);
            }

            if ((line.Problem ?? reader.Read(line.Columns, out _)) is { } problem)
            {
                brokenLines++;
                if (strict)
                {
                    throw new InputException($"{path}, line {line.Number}: {problem}");
                }

                if (broken.Count < MostNamed)
                {
                    broken.Add($"line {line.Number}: {problem}");
                }

                continue;
            }

            reader.Read(line.Columns, out var touch);
            var key = mapping.Visit.Count == 0 ? line.Number.ToString(CultureInfo.InvariantCulture) : string.Join('\u001f', mapping.Visit.Select(column => line.Columns[column]));
            if (!drafts.TryGetValue(key, out var draft))
            {
                drafts.Add(key, draft = new Draft(key, touch.CustomerId, touch.AtMicros, touch.Logged));
            }

            draft.AtMicros = Math.Min(draft.AtMicros, touch.AtMicros);
            draft.Touchpoints.Add(touch);
        }

        if (lines == 0)
        {
            throw new InputException($"{path} has no data");
        }

        if (drafts.Count == 0)
        {
            throw new InputException($"none of the {lines} lines of {path} could be read with this mapping; the first: {broken[0]}");
        }

        return Order(drafts.Values, mapping, draws, lines, brokenLines, broken);
    }

    private static VisitLog Order(
        IReadOnlyCollection<Draft> drafts, Mapping mapping, Draws draws, long lines, long brokenLines, List<string> broken)
    {
        if (mapping.At.SpreadOverDay)
        {
            var hours = draws.For(30);
            foreach (var draft in drafts)
            {
                // From eight in the morning to eleven at night.
                draft.ShiftBy((long)((8 + (15 * hours.Uniform(Hash(draft.Key)))) * 3_600_000_000));
            }
        }

        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var visits = new List<Visit>(drafts.Count);
        foreach (var draft in drafts.OrderBy(draft => draft.AtMicros).ThenBy(draft => draft.Key, StringComparer.Ordinal))
        {
            if (!numbers.TryGetValue(draft.CustomerId, out var customer))
            {
                numbers.Add(draft.CustomerId, customer = numbers.Count);
            }

            var number = visits.Count;
            // A visit is one basket: what it brings comes together, at the time of its first line.
            var after = draft.Touchpoints.Select((touch, i) => new Touchpoint
            {
                MessageId = $"v{number}-{i}",
                CustomerId = draft.CustomerId,
                Type = mapping.Type,
                AtMicros = draft.AtMicros,
                Channel = "web",
                ValueMicros = touch.ValueMicros,
                Properties = touch.Properties,
            });
            visits.Add(new Visit(number, customer, draft.CustomerId, draft.AtMicros - Lead, [], [.. after], [], draft.Logged));
        }

        return new VisitLog(visits, lines, brokenLines, broken, numbers.Count, lines - brokenLines);
    }

    /// <summary>The same visits at other times: the first decision then is at <paramref name="startMicros"/>.</summary>
    public VisitLog StartingAt(long startMicros) => ShiftedBy(startMicros - Visits[0].AtMicros);

    public VisitLog ShiftedBy(long micros) => this with
    {
        Visits = [.. Visits.Select(visit => visit with
        {
            AtMicros = visit.AtMicros + micros,
            After = [.. visit.After.Select(touch => touch with { AtMicros = touch.AtMicros + micros })],
        })],
    };

    /// <summary>Time from the first to the last visit.</summary>
    public TimeSpan Span => Micros.ToTime(Visits[^1].AtMicros) - Micros.ToTime(Visits[0].AtMicros);

    private static ulong Hash(string text)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var letter in text)
        {
            hash = (hash ^ letter) * 0x100000001b3;
        }

        return hash;
    }

    private sealed class Draft(string key, string customerId, long atMicros, LoggedAction? logged)
    {
        public string Key { get; } = key;

        public string CustomerId { get; } = customerId;

        public long AtMicros { get; set; } = atMicros;

        public LoggedAction? Logged { get; } = logged;

        public List<ReadTouchpoint> Touchpoints { get; } = new(1);

        public void ShiftBy(long micros) => AtMicros += micros;
    }
}
