using System.Collections.Concurrent;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Publishing;

/// <summary>The published versions of the catalog: immutable, numbered from 1, kept with the log; one of them is live.</summary>
public sealed class CatalogStore(INodeLog log, TimeProvider time)
{
    private const string RegistryKey = "catalog.registry";
    private const string FormerKey = "catalog.former";
    private const int MostCached = 8;

    /// <summary>Looks at drafts that others change all the while.</summary>
    private const int MostAttempts = 100;
    private readonly ConcurrentDictionary<int, CatalogSnapshot> _cache = new();
    private IdRegistry _registry = IdRegistry.Empty;

    /// <summary>The newest version, or <c>null</c> before the first publish.</summary>
    public CatalogSnapshot? Live { get; private set; }

    public CatalogRow? LiveRow { get; private set; }

    /// <summary>What is in the newest version no more and may still be open.</summary>
    public FormerDefinitions Former { get; private set; } = FormerDefinitions.Empty;

    /// <summary>Brings back the newest version from the store.</summary>
    /// <exception cref="InvalidOperationException">A stored version does not compile with this program.</exception>
    public void Load()
    {
        // Before what belongs to it: should another node publish meanwhile, that may be of a later version, which does no harm.
        var version = log.Reader.LatestCatalogVersion();
        if (log.Reader.GetValue(RegistryKey) is { } registry)
        {
            _registry = IdRegistry.Read(registry);
        }

        if (log.Reader.GetValue(FormerKey) is { } former)
        {
            Former = FormerDefinitions.Read(former);
        }

        if (version > 0)
        {
            var row = log.Reader.LoadCatalog(version);
            Live = Version(version) ?? throw new NodeLogException(
                NodeLogError.Corrupt, $"Catalog version {version} of the store cannot be read: the store is damaged, or a later release published it.");
            LiveRow = row;
        }
    }

    /// <summary>A version as it was published, compiled again when it is not at hand; <c>null</c> when it never was or no longer compiles.</summary>
    public CatalogSnapshot? Version(int version)
    {
        if (Live?.Version == version)
        {
            return Live;
        }

        if (_cache.TryGetValue(version, out var cached))
        {
            return cached;
        }

        if (log.Reader.LoadCatalog(version) is not { } row)
        {
            return null;
        }

        var bag = new DiagnosticBag();
        var bundle = CatalogBundle.Read(row.Bundle, bag);
        var snapshot = bundle is null ? null : CatalogCompiler.Compile(bundle, _registry, version, Micros.ToTime(row.PublishedAtMicros)).Snapshot;
        if (snapshot is not null)
        {
            if (_cache.Count >= MostCached)
            {
                _cache.Clear();
            }

            _cache[version] = snapshot;
        }

        return snapshot;
    }

    /// <summary>The newest of the last versions whose definitions have this hash; <c>null</c> when none of them has.</summary>
    public CatalogSnapshot? ByDefinitions(ulong hash)
    {
        var newest = Live?.Version ?? 0;
        for (var version = newest; version > Math.Max(0, newest - MostCached); version--)
        {
            if (Version(version) is { } snapshot && snapshot.DefinitionsHash == hash)
            {
                return snapshot;
            }
        }

        return null;
    }

    /// <summary>What the model of a policy was folded with last: of the newest version that has it; <c>null</c> when none does that still compiles.</summary>
    public BetaOptions? NewestModelOptions(int policy)
    {
        for (var version = Live?.Version ?? 0; version > 0; version--)
        {
            if (Version(version)?.PolicyByNumber.GetValueOrDefault(policy) is { } found)
            {
                return found.Model;
            }
        }

        return null;
    }

    /// <summary>Compiles a bundle as the version after the live one, without storing anything.</summary>
    public (CatalogBundle? Bundle, CatalogCompilation Compilation) Compile(ReadOnlyMemory<byte> json)
    {
        var bag = new DiagnosticBag();
        return CatalogBundle.Read(json, bag) is { } bundle
            ? (bundle, Compile(bundle))
            : (null, new CatalogCompilation(null, bag.ToList()));
    }

    public CatalogCompilation Compile(CatalogBundle bundle) =>
        CatalogCompiler.Compile(bundle, _registry, (Live?.Version ?? 0) + 1, time.GetUtcNow(), Live);

    /// <summary>Stores a compiled bundle as the newest version; it is durable when this completes.</summary>
    /// <param name="note">Kept in the history.</param>
    /// <param name="withdrawal">What takes the draft that is published out of the store, asked for again when somebody has changed it meanwhile; <c>null</c>: there is none.</param>
    /// <exception cref="VersionTakenException">Another node has published this version.</exception>
    public async Task<CatalogRow> StoreAsync(
        CatalogBundle bundle, CatalogSnapshot snapshot, PublishNote note, Func<Action<ILogTransaction>?>? withdrawal = null)
    {
        var row = new CatalogRow(snapshot.Version, time.NowMicros(), bundle.Hash, bundle.Bytes.ToArray());
        var about = VersionNotes.Write(VersionNotes.Of(row, note, CatalogHistory.Between(Live, snapshot)));
        var registry = snapshot.Registry.ToArray();
        var former = Live is null ? Former : Former.After(Live, snapshot, row.PublishedAtMicros);
        var formerBytes = former.ToArray();
        for (var (isStored, attempt) = (false, 1); !isStored; attempt++)
        {
            // Where others change drafts all the time, this one stays.
            var withdraw = attempt <= MostAttempts ? withdrawal?.Invoke() : null;
            try
            {
                await log.WriteAsync(transaction =>
                {
                    transaction.AddCatalog(row);
                    transaction.SetValue(RegistryKey, registry);
                    transaction.SetValue(FormerKey, formerBytes);
                    transaction.SetValue(VersionNotes.KeyOf(row.Version), about);
                    withdraw?.Invoke(transaction);
                });
                isStored = true;
            }
            catch (InvalidOperationException taken) when (withdraw is null || log.Reader.LatestCatalogVersion() >= row.Version)
            {
                throw new VersionTakenException(row.Version, taken);
            }
            catch (InvalidOperationException)
            {
                // The drafts are others by now: somebody got through, and what is left to take out is looked at anew.
            }
        }

        (_registry, Former) = (snapshot.Registry, former);
        return row;
    }

    /// <summary>Makes a stored version the live one.</summary>
    public void GoLive(CatalogSnapshot snapshot, CatalogRow row) => (Live, LiveRow) = (snapshot, row);

    /// <summary>Diagnostics in the port's form.</summary>
    public static IReadOnlyList<CatalogProblem> Problems(CatalogCompilation compilation) =>
        [.. compilation.Diagnostics.Select(diagnostic => new CatalogProblem(
            diagnostic.Severity == CatalogSeverity.Error,
            diagnostic.Code,
            diagnostic.File,
            diagnostic.Line,
            diagnostic.Column,
            diagnostic.Path,
            diagnostic.Message,
            diagnostic.Hint))];
}
