using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Log;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Verification;

/// <summary>Every version of the catalog in a store, compiled on first use.</summary>
internal sealed class PublishedCatalogs
{
    private const string RegistryKey = "catalog.registry";
    private readonly Dictionary<int, CatalogSnapshot?> _compiled = [];
    private readonly ILogReader _reader;
    private readonly IdRegistry _registry;
    private readonly List<CatalogRow> _rows = [];

    public PublishedCatalogs(ILogReader reader)
    {
        _reader = reader;
        _registry = reader.GetValue(RegistryKey) is { } registry ? IdRegistry.Read(registry) : IdRegistry.Empty;
        for (var version = 1; version <= reader.LatestCatalogVersion(); version++)
        {
            if (reader.LoadCatalog(version) is { } row)
            {
                _rows.Add(row with { Bundle = [] });
            }
        }
    }

    /// <summary>Newest first.</summary>
    public IEnumerable<CatalogSnapshot> All => Enumerable.Reverse(_rows).Select(row => Version(row.Version)).OfType<CatalogSnapshot>();

    /// <summary>Longest window of any cap in any version.</summary>
    public long LongestCapMicros => field != 0 ? field : field = All
        .SelectMany(catalog => catalog.CapScopes)
        .Select(scope => scope.WindowMicros)
        .Append(1)
        .Max();

    /// <summary>
    /// How far back, in any version, records reach that caps and pauses are counted from. An ignored offer is counted by what came since its decision; a pause after
    /// one event counts nothing that was before.
    /// </summary>
    public long LongestCountedMicros => Math.Max(LongestCapMicros, All
        .SelectMany(catalog => catalog.Suppression)
        .Where(rule => rule.After > 1)
        .Select(rule => rule.WithinMicros + (rule.On == SuppressOn.Ignored ? LongestGoalMicros : 0))
        .DefaultIfEmpty()
        .Max());

    private long LongestGoalMicros => All.SelectMany(catalog => catalog.Policies).Select(policy => policy.Goal.WithinMicros).DefaultIfEmpty().Max();

    /// <summary>Of the newest version that has the policy.</summary>
    public BetaOptions? NewestModelOptions(int policy) =>
        All.Select(catalog => catalog.PolicyByNumber.GetValueOrDefault(policy)?.Model).FirstOrDefault(options => options is not null);

    public CatalogSnapshot? Version(int version)
    {
        if (!_compiled.TryGetValue(version, out var snapshot))
        {
            var bag = new DiagnosticBag();
            snapshot = _reader.LoadCatalog(version) is { } row && CatalogBundle.Read(row.Bundle, bag) is { } bundle
                ? CatalogCompiler.Compile(bundle, _registry, version, Micros.ToTime(row.PublishedAtMicros)).Snapshot
                : null;
            _compiled.Add(version, snapshot);
        }

        return snapshot;
    }

    /// <summary>Versions that were live at some moment of a stretch of time: what was decided in it was decided with one of them.</summary>
    public IEnumerable<CatalogSnapshot> LiveBetween(long fromMicros, long untilMicros)
    {
        for (var i = 0; i < _rows.Count; i++)
        {
            var ends = i + 1 < _rows.Count ? _rows[i + 1].PublishedAtMicros : long.MaxValue;
            if (_rows[i].PublishedAtMicros <= untilMicros && ends >= fromMicros && Version(_rows[i].Version) is { } snapshot)
            {
                yield return snapshot;
            }
        }
    }
}
