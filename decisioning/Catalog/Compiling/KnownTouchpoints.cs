using PmOrleans.Decisioning.Rules;
using FactTypes = PmOrleans.Decisioning.Facts.TouchpointTypes;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Kinds of touchpoint that mean something to the engine or are declared. Any other word may be a kind of the author's own.</summary>
internal sealed class KnownTouchpoints(Sections sections)
{
    private readonly HashSet<string> _types = new([.. FactTypes.All, .. sections["touchpoints"].Select(entry => entry.Id)], StringComparer.Ordinal);

    public bool Contains(string type) => _types.Contains(type);

    /// <summary>
    /// The kind that a word most likely misspells, or that is sent for what the word names elsewhere in a catalog; <c>null</c> for one that is known, or none of these: a tasting
    /// is no rating.
    /// </summary>
    public string? Meant(string type) => _types.Contains(type) ? null : type switch
    {
        "conversion" => FactTypes.Purchase,
        "decision" => FactTypes.Impression,
        _ => RuleHints.Nearest(type, _types, most: 1),
    };

    /// <summary>What there is to say of a word that most likely misspells one.</summary>
    public static string Message(string type) => $"No kind of touchpoint is known as '{type}'; one of your own is taken as it is written.";
}
