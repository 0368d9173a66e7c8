namespace PmOrleans.Simulator.Input;

/// <summary>How a file's lines become visits and touchpoints; written in YAML, see docs/simulator.md.</summary>
public sealed class Mapping
{
    /// <summary><c>csv</c> or <c>ndjson</c>. Default csv.</summary>
    public string Format { get; set; } = "csv";

    /// <summary>Between columns of a csv: one character, <c>tab</c>, or <c>spaces</c> for any number of them. Default: comma.</summary>
    public string Delimiter { get; set; } = ",";

    /// <summary>Whether the first line names the columns. Default true.</summary>
    public bool Header { get; set; } = true;

    /// <summary>Names of the columns in order, where no header does or where it does not fit the lines.</summary>
    public List<string> Columns { get; set; } = [];

    /// <summary>Columns that together are the customer's id.</summary>
    public List<string> Customer { get; set; } = [];

    /// <summary>When it happened.</summary>
    public TimeMapping At { get; set; } = new();

    /// <summary>Columns that together name the visit a line belongs to; empty: every line is a visit.</summary>
    public List<string> Visit { get; set; } = [];

    /// <summary>Type of the touchpoint a line is. Default purchase.</summary>
    public string Type { get; set; } = "purchase";

    /// <summary>Column of the touchpoint's value in the catalog's currency.</summary>
    public string? Value { get; set; }

    /// <summary>Property of the touchpoint to column. A column that holds numbers becomes a number.</summary>
    public Dictionary<string, string> Properties { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Another file with more columns about one of the columns.</summary>
    public JoinMapping? Join { get; set; }

    /// <summary>What another system showed at the visit, where the log says so.</summary>
    public LoggedMapping? Logged { get; set; }

    /// <summary>Folder of the catalog to replay against when none is given, below <c>samples</c>.</summary>
    public string? Catalog { get; set; }
}
