using PmOrleans.Simulator.Http;

namespace PmOrleans.Simulator.Replay;

/// <summary>What a replay was asked for.</summary>
public sealed record ReplayOptions
{
    public required string File { get; init; }

    /// <summary>Name of a shipped mapping or a file; <c>null</c>: by the log's file name.</summary>
    public string? Mapping { get; init; }

    /// <summary>Folder of the catalog; <c>null</c>: what the mapping names, else the sample shop.</summary>
    public string? Catalog { get; init; }

    /// <summary>Placement asked at every visit; <c>null</c>: the first of the catalog.</summary>
    public string? Placement { get; init; }

    /// <summary>Folder of the run's store; <c>null</c>: a temporary one, removed at the end.</summary>
    public string? Data { get; init; }

    /// <summary>Gateway to replay against; <c>null</c>: in this process.</summary>
    public Uri? Url { get; init; }

    /// <summary>The key that the gateway asks for; <c>null</c>: none.</summary>
    public string? Key { get; init; }

    /// <summary>Which certificates are taken for the gateway's.</summary>
    public GatewayTrust Trust { get; init; } = GatewayTrust.Machine;

    /// <summary>How many times faster than life, over HTTP against a node on the system's clock. Only 1 keeps windows true.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>File of tastes in YAML; <c>null</c>: defaults.</summary>
    public string? Tastes { get; init; }

    /// <summary>When the first visit is to be, instead of when it was.</summary>
    public DateTimeOffset? Start { get; init; }

    public bool Strict { get; init; }

    public long Limit { get; init; } = long.MaxValue;

    public ulong Seed { get; init; } = 1;
}
