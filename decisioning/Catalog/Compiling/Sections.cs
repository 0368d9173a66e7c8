using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>The sections of all files, merged: where an entry was written does not matter, that it was written once does.</summary>
internal sealed class Sections
{
    private static readonly string[] Known =
    [
        "catalog", "attributes", "context", "touchpoints", "metrics", "segments", "consents", "caps", "contactBudget", "suppression", "quietHours", "policies", "placements",
        "campaigns", "experiments", "rfm",
    ];

    private static readonly string[] KnownLists = ["caps", "contactBudget", "suppression"];

    /// <summary>How a JSON file tells an editor where the schema is; nothing of the catalog.</summary>
    private const string EditorSchema = "$schema";

    private readonly CompileContext _context;
    private readonly Dictionary<string, List<(string Id, SourceEntry Entry)>> _entries = Known.ToDictionary(name => name, _ => new List<(string, SourceEntry)>(), StringComparer.Ordinal);
    private readonly Dictionary<(string Section, string Id), SourceScalar> _places = [];

    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    private Sections(CompileContext context) => _context = context;

    private readonly Dictionary<string, List<SourceNode>> _lists = KnownLists.ToDictionary(name => name, _ => new List<SourceNode>(), StringComparer.Ordinal);

    /// <summary>The entries of a section that is a list: <c>caps</c>, <c>contactBudget</c>, <c>suppression</c>.</summary>
    public IReadOnlyList<SourceNode> List(string section) => _lists[section];

    /// <summary>Whether a section was written, be it without anything in it.</summary>
    public bool Has(string section) => _written.Contains(section);

    public static Sections Of(CompileContext context, IEnumerable<SourceNode> documents)
    {
        context.Shape?.Mapping("", Known);
        var sections = new Sections(context);
        foreach (var document in documents)
            sections.Add(document);
        return sections;
    }

    /// <summary>Entries of a section in the order of the files, ids trimmed and unique.</summary>
    public IReadOnlyList<(string Id, SourceEntry Entry)> this[string section] => _entries[section];

    private void Add(SourceNode document)
    {
        if (document is SourceScalar { IsNothing: true })
            return;
        if (document is not SourceMap map)
        {
            _context.Bag.Error(
                CatalogCodes.WrongType, document, "", $"A catalog file is a mapping of sections; here stands {document.Kind}.",
                $"sections are {string.Join(", ", Known)}");
            return;
        }

        foreach (var section in map.Entries)
        {
            var name = section.Key.Text;
            if (name == EditorSchema && section.Value is SourceScalar)
                continue;
            _written.Add(name);
            if (!_entries.TryGetValue(name, out var entries))
                Fields.UnknownKey(_context, section.Key, "", Known);
            else if (section.Value is SourceScalar { IsNothing: true })
                continue;
            else if (_lists.TryGetValue(name, out var list) && section.Value is SourceList items)
                list.AddRange(items.Items);
            else if (list is null && section.Value is SourceMap content)
                AddEntries(name, content, entries);
            else
            {
                _context.Bag.Error(
                    CatalogCodes.WrongType, section.Value, name,
                    $"Here stands {section.Value.Kind}; {(list is null ? "a mapping" : "a list")} is expected.");
            }
        }
    }

    private void AddEntries(string section, SourceMap content, List<(string Id, SourceEntry Entry)> entries)
    {
        foreach (var entry in content.Entries)
        {
            var id = entry.Key.Text.Trim();
            if (section is not ("catalog" or "rfm"))
                _context.Shape?.Seen($"{section}/{id}");
            if (Ids.Problem(id) is { } problem)
            {
                _context.Bag.Error(CatalogCodes.BadId, entry.Key, section, problem);
            }
            else if (_places.TryAdd((section, id), entry.Key))
            {
                entries.Add((id, entry));
            }
            else
            {
                var first = _places[(section, id)];
                var (line, column) = first.File.Locate(first.Offset);
                _context.Bag.Error(
                    CatalogCodes.DuplicateId, entry.Key, $"{section}/{id}", $"'{id}' is in two places.",
                    $"the other one: {first.File.Path}:{line}:{column}");
            }
        }
    }
}
