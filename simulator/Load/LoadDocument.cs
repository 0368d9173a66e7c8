using PmOrleans.Simulator.Measuring;
using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Load;

/// <summary>What a load run came to.</summary>
public sealed record LoadDocument
{
    public required IReadOnlyList<string> Urls { get; init; }

    /// <summary>Requests a second that were intended, on average.</summary>
    public required double IntendedRate { get; init; }

    /// <summary>Requests a second that were answered as they should be.</summary>
    public required double AnsweredRate { get; init; }

    public required long Intended { get; init; }

    public required long Sent { get; init; }

    /// <summary>Outcome to number of requests: 200, 202, 400 expected …</summary>
    public required IReadOnlyDictionary<string, long> Outcomes { get; init; }

    public required long Errors { get; init; }

    public required LatencyDocument Decisions { get; init; }

    public required LatencyDocument Touchpoints { get; init; }

    /// <summary>How late the generator itself began to send, with a connection free: its own share of the latency.</summary>
    public required LatencyDocument SendLag { get; init; }

    /// <summary>Of the processors of this machine, 0 to 1, used by the generator.</summary>
    public required double GeneratorProcessorShare { get; init; }

    /// <summary>Why the figures are the generator's and not the gateway's, or <c>null</c>.</summary>
    public string? Bottleneck { get; init; }

    /// <summary>Trials of a search for the highest rate, in their order.</summary>
    public IReadOnlyList<SloTrial> Trials { get; init; } = [];

    /// <summary>Highest rate that held the objective; <c>null</c> when none was sought, 0 when none held.</summary>
    public double? HighestRate { get; init; }

    public string? Slo { get; init; }

    /// <summary>What the first gateway was seen to spend, fill and count meanwhile; empty where it was not looked at.</summary>
    public IReadOnlyList<BudgetDocument> Budgets { get; init; } = [];

    /// <summary>Of the customers who come most often.</summary>
    public IReadOnlyList<CapDocument> Caps { get; init; } = [];

    public IReadOnlyList<SegmentDocument> Segments { get; init; } = [];

    public string? Currency { get; init; }

    public VerificationOutcome? Verification { get; init; }
}

public sealed record SloTrial(double Rate, double AnsweredRate, double LatencyMs, long Errors, bool Held, string? Why = null);

/// <param name="Document">The recount, or <c>null</c> with the reason.</param>
public sealed record VerificationOutcome(VerificationDocument? Document = null, string? NotRun = null);
