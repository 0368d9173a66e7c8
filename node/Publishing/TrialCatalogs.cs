using System.Collections.Concurrent;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Publishing;

/// <summary>Catalogs that are tried before they are live, compiled once and kept while they are tried again and again.</summary>
public sealed class TrialCatalogs(CatalogStore catalogs, DraftStore drafts)
{
    private const int MostKept = 8;
    private readonly ConcurrentDictionary<(string Hash, int Live), Trial> _compiled = new();

    /// <summary>A catalog as it would be published now.</summary>
    /// <param name="Hash"><c>null</c> when it is no bundle at all.</param>
    /// <param name="Snapshot"><c>null</c> when it has errors.</param>
    public sealed record Trial(string? Hash, CatalogSnapshot? Snapshot, IReadOnlyList<CatalogProblem> Problems);

    public Reply<Trial> Find(CatalogChoice choice)
    {
        var live = catalogs.Live?.Version ?? 0;
        if (choice.Draft is { } name)
        {
            return drafts.Find(name) is { } draft
                ? _compiled.TryGetValue((draft.Hash, live), out var known) ? known : Check(draft.Bundle)
                : DraftStore.Missing(name);
        }

        if (choice.Bundle is { } bundle)
        {
            return Check(bundle);
        }

        return catalogs.Live is { } snapshot ? new Trial(snapshot.Hash, snapshot, []) : new Refusal(RefusalKind.NotFound, "no catalog is published yet");
    }

    /// <summary>A bundle as it would be published now; what was checked before is at hand.</summary>
    public Trial Check(ReadOnlyMemory<byte> json)
    {
        var live = catalogs.Live?.Version ?? 0;
        var bag = new DiagnosticBag();
        if (CatalogBundle.Read(json, bag) is not { } bundle)
        {
            return new Trial(null, null, CatalogStore.Problems(new CatalogCompilation(null, bag.ToList())));
        }

        if (_compiled.TryGetValue((bundle.Hash, live), out var known))
        {
            return known;
        }

        var compilation = catalogs.Compile(bundle);
        var trial = new Trial(bundle.Hash, compilation.Snapshot, CatalogStore.Problems(compilation));
        if (_compiled.Count >= MostKept)
        {
            _compiled.Clear();
        }

        _compiled[(bundle.Hash, live)] = trial;
        return trial;
    }
}
