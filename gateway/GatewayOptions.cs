namespace PmOrleans.Gateway;

/// <summary>Every setting of the edge and of the node behind it. Values are checked when they are read: an instance is valid.</summary>
/// <remarks>
/// The same names on the command line (<c>--max-wait-ms 500</c>), in the environment (<c>PMORLEANS_MAX_WAIT_MS</c>) and in appsettings.json
/// (<c>"PmOrleans": { "maxWaitMs": 500 }</c>); the first of these three that has one wins.
/// </remarks>
public sealed record GatewayOptions
{
    /// <summary>Addresses to listen on, separated by semicolons. Default: <c>http://127.0.0.1:8080</c>, this machine only.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:8080";

    /// <summary>
    /// Names that callers may use beside localhost and addresses in digits, separated by semicolons; <c>*</c>: any. Default: none where all addresses are of this machine only and no
    /// <see cref="KeyFile"/> is given, else any.
    /// </summary>
    public string? Hosts { get; init; }

    /// <summary>PEM file of the certificate that https addresses show, and of those between it and its authority. Default: a developer's own, where ASP.NET Core finds one.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of its key, not encrypted; only with <see cref="CertificateFile"/>. Default: the key is in the same file.</summary>
    public string? CertificateKeyFile { get; init; }

    /// <summary>Folder of the log and everything folded from it; made when absent; one process at a time. Default: <c>./data</c>.</summary>
    public string DataFolder { get; init; } = "./data";

    /// <summary>A PostgreSQL database that holds the log instead of the folder, in Npgsql's form. Default: none.</summary>
    public string? Connection { get; init; }

    /// <summary>Folder of YAML or JSON files that seeds a store without a catalog. Default: the sample shop, when it is there.</summary>
    public string? CatalogFolder { get; init; }

    /// <summary>Days after which records are cut from the log, once a day; of a store that several nodes share, from all their logs. Default: never. Range: 7 to 36,500.</summary>
    public int? RetainDays { get; init; }

    /// <summary>Folder that records are written to before they are cut; only with <see cref="RetainDays"/>. Default: none, they are gone.</summary>
    public string? ExportFolder { get; init; }

    /// <summary>File of the keys that callers need; who is added to it or taken away needs no restart. Default: none, everybody may call.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Takes time from the requests' <c>at</c> instead of the system. Default: false.</summary>
    public bool SimulatedClock { get; init; }

    /// <summary>Answers before facts are on the disk; a crash loses the last moments. Default: false, an answer means durable.</summary>
    public bool AsyncCommit { get; init; }

    /// <summary>How long a decision may take when its request has no <c>deadlineMs</c>. Default: 1,000 ms. Range: 1 to 60,000.</summary>
    public int DeadlineMs { get; init; } = 1_000;

    /// <summary>Largest body of a decision request. Default: 1 MiB. Range: 1 KiB to 64 MiB.</summary>
    public int MaxDecisionBytes { get; init; } = 1 << 20;

    /// <summary>Largest body of touchpoints. Default: 4 MiB. Range: 1 KiB to 64 MiB.</summary>
    public int MaxTouchpointBytes { get; init; } = 4 << 20;

    /// <summary>Largest catalog bundle. Default: 32 MiB. Range: 1 KiB to 256 MiB.</summary>
    public int MaxCatalogBytes { get; init; } = 32 << 20;

    /// <summary>Bytes of bodies under way at one time; beyond it requests are refused with 503. Default: 128 MiB. Range: 1 MiB to 16 GiB.</summary>
    public long MaxInflightBytes { get; init; } = 128L << 20;

    /// <summary>Estimated wait above which decisions and touchpoints are refused with 503. Default: 1,000 ms. Range: 10 to 60,000.</summary>
    public int MaxWaitMs { get; init; } = 1_000;

    /// <summary>How long a stop waits for what was accepted. Default: 30 s. Range: 0 to 600.</summary>
    public int DrainSeconds { get; init; } = 30;

    /// <summary>Customers folded anew in a second at most, after a publish that changes metrics, caps or segments. Default: 100,000. Range: 1 to 10,000,000.</summary>
    public int RefoldsPerSecond { get; init; } = 100_000;

    /// <summary>Threads that fold anew. Default: half of the processors, at least one. Range: 1 to 256.</summary>
    public int RefoldThreads { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Series an instrument may have in /metrics; further ones are counted in one overflow series. Default: 2,000. Range: 10 to 100,000.</summary>
    public int MaxMetricSeries { get; init; } = 2_000;

    /// <summary>Least level that is logged: Trace, Debug, Information, Warning, Error, Critical, None. Default: Information.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
