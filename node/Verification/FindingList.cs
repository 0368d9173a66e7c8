namespace PmOrleans.Node.Verification;

/// <summary>Collects findings: all are counted, the first hundred are kept.</summary>
internal sealed class FindingList
{
    private const int MostKept = 100;
    private readonly List<Finding> _kept = [];
    private readonly Dictionary<FindingKind, long> _totals = [];

    /// <summary>While set, nothing is found: what is read is judged elsewhere, or was when it could be.</summary>
    public bool IsMuted { get; set; }

    public IReadOnlyList<Finding> Kept => _kept;

    public IReadOnlyDictionary<FindingKind, long> Totals => _totals;

    /// <param name="weight">What the total counts: 1, or micros where a kind is measured in money.</param>
    public void Add(FindingKind kind, string where, object expected, object found, long weight = 1)
    {
        if (IsMuted)
        {
            return;
        }

        _totals[kind] = _totals.GetValueOrDefault(kind) + weight;
        if (_kept.Count < MostKept)
        {
            _kept.Add(new Finding(kind, where, Text(expected), Text(found)));
        }
    }

    /// <summary>Everything another list has, behind what is here.</summary>
    public void AddAll(FindingList other)
    {
        foreach (var (kind, total) in other._totals)
        {
            _totals[kind] = _totals.GetValueOrDefault(kind) + total;
        }

        _kept.AddRange(other._kept.Take(MostKept - _kept.Count));
    }

    private static string Text(object value) => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "";
}
