using PmOrleans.Simulator.Load;

namespace PmOrleans.Simulator.Runs;

/// <summary>What a run came to: written as run.json, read by <c>report</c>.</summary>
public sealed record RunDocument
{
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>replay, population or load.</summary>
    public required string Kind { get; init; }

    public required string Title { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required double Seconds { get; init; }

    public required string Machine { get; init; }

    public required string Commit { get; init; }

    /// <summary>Why the run stopped before its end, or <c>null</c>.</summary>
    public string? Interrupted { get; init; }

    /// <summary>How it was asked for: enough to repeat it.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>What the reader must know beside the figures.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>One for a replay; one for each policy compared in a population.</summary>
    public IReadOnlyList<ArmDocument> Arms { get; init; } = [];

    public IReadOnlyList<ComparisonDocument> Comparisons { get; init; } = [];

    /// <summary>What no policy can expect to exceed, where an arm was the best possible.</summary>
    public BoundDocument? Bound { get; init; }

    public LoadDocument? Load { get; init; }
}
