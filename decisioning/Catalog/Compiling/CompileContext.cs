using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Shapes;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>What all parts of one compilation share: where diagnostics go, and the registry as it grows.</summary>
internal sealed class CompileContext(DiagnosticBag bag, IdRegistry registry, DateTimeOffset now, CatalogShape? shape = null)
{
    /// <summary>Told what the readers ask for; <c>null</c> but for the schema.</summary>
    public CatalogShape? Shape => shape;

    public DiagnosticBag Bag => bag;

    public IdRegistry Registry { get; private set; } = registry;

    public long NowMicros { get; } = (now.UtcTicks - DateTime.UnixEpoch.Ticks) / 10;

    public Zones Zones { get; } = new();

    /// <summary>The stable number of an id; an error when it was used for something of another owner before.</summary>
    /// <param name="owner">What the id belongs to; <c>null</c>: nothing, ids of the kind stand alone.</param>
    public int Number(IdKind kind, string id, string? owner, SourceNode at, string path)
    {
        var known = Registry.OwnerOf(kind, id);
        if (known is not null && known != owner)
        {
            bag.Error(
                CatalogCodes.IdReused, at, path, $"The {kind.ToString().ToLowerInvariant()} id '{id}' was used before for something else: {Described(known)}{(string.IsNullOrEmpty(owner) ? "" : $", and here belongs to '{owner}'")}.",
                "what was counted and learned belongs to the old thing; take a new id");
        }

        Registry = Registry.With(kind, id, owner, out var number);
        return number;
    }

    /// <summary>A hint at the candidate that is a typing error away.</summary>
    public string? DidYouMean(string word, IEnumerable<string> candidates) =>
        // beyond what is listed a hint would be work for nobody
        bag.ErrorCount < DiagnosticBag.Kept && RuleHints.Nearest(word, candidates) is { } near ? $"did you mean '{near}'?" : null;

    /// <summary>The same, or else what there is.</summary>
    public string? DidYouMeanOrList(string word, IReadOnlyCollection<string> candidates, string what) =>
        DidYouMean(word, candidates)
        ?? (candidates.Count == 0 ? $"no {what} is declared" : $"there is {string.Join(", ", candidates.Order(StringComparer.Ordinal).Take(12))}{(candidates.Count > 12 ? ", …" : "")}");

    private static string Described(string owner) => owner.Length == 0 ? "a fallback that is in no campaign" : $"it belonged to '{owner}'";
}
