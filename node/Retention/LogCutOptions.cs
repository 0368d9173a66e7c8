namespace PmOrleans.Node.Retention;

/// <summary>What is cut from the log of a store in a folder, and how.</summary>
public sealed record LogCutOptions : CutOptions
{
    /// <summary>The data folder; no process may have it open.</summary>
    public required string Folder { get; init; }
}

/// <summary>What is cut from the logs of a PostgreSQL store, and how.</summary>
public sealed record PostgresCutOptions : CutOptions
{
    /// <summary>Where and as whom, in Npgsql's form; no node may have the store open.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The schema with the tables. Default <c>pmorleans</c>.</summary>
    public string Schema { get; init; } = "pmorleans";
}

/// <summary>What both have in common.</summary>
public abstract record CutOptions
{
    /// <summary>Records earlier than this are cut, up to the first that is not.</summary>
    public required DateTimeOffset Before { get; init; }

    /// <summary>
    /// What is kept at the log's end whatever <see cref="Before"/> says, so that decision ids sent again within it are known as repeats; at least an hour.
    /// Default: 7 days.
    /// </summary>
    public TimeSpan KeepDecisionIds { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Where what is cut is written first, a file for each transaction; made if missing. <c>null</c>: it is not kept.</summary>
    public string? ExportFolder { get; init; }

    /// <summary>Records that one transaction cuts; 1 to 1,000,000. Default 10,000: whoever ends it loses the work of a moment.</summary>
    public int RecordsTogether { get; init; } = 10_000;

    /// <summary>Called after each transaction with the last record that is cut.</summary>
    public Action<long>? OnCut { get; init; }

    /// <summary>Problems with the values, each naming the field.</summary>
    public IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        if (KeepDecisionIds < TimeSpan.FromHours(1)) problems.Add($"KeepDecisionIds {KeepDecisionIds} is below 1 hour");
        if (RecordsTogether is < 1 or > 1_000_000) problems.Add($"RecordsTogether {RecordsTogether} is not between 1 and 1,000,000");
        return problems;
    }
}

/// <summary>What a cut came to.</summary>
/// <param name="Refusal">Why nothing was cut; <c>null</c> when the store could be cut.</param>
/// <param name="Records">Records cut by this call; 0 when there was nothing to cut.</param>
/// <param name="CutTo">The last record that is cut by now; 0 for none.</param>
/// <param name="CutBefore">The largest time of any record that is cut.</param>
public sealed record LogCutReport(string? Refusal, long Records, long CutTo, DateTimeOffset? CutBefore);
