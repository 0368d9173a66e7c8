using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;

namespace PmOrleans.Gateway.Hosting;

/// <summary>The table of all settings: help, environment, appsettings.json and the documentation come from here.</summary>
internal static class GatewaySettings
{
    private static readonly GatewayOptions Defaults = new();

    public static IReadOnlyList<GatewaySetting> All { get; } =
    [
        new("urls", "URL[;URL]", Defaults.Urls, "Addresses to listen on; beyond this machine with --keys.", SetUrls),
        new("hosts", "NAME[;NAME]", "localhost", "Names that callers may use, * for any; with --keys or beyond this machine any may be used.", SetHosts),
        new("certificate", "FILE", "none", "PEM file of the certificate for https addresses, followed by those between it and its authority; read at the start.", SetCertificate),
        new("certificate-key", "FILE", "in the same file", "PEM file of its key, not encrypted.", SetCertificateKey),
        new("data", "DIR", Defaults.DataFolder, "Folder of the log and all that is folded from it; made when absent.", SetData),
        new("connection", "TEXT", "none", "PostgreSQL database that holds the log instead of the folder: Host=…;Username=…;Database=….", SetConnection),
        new("catalog", "DIR", "the sample shop", "Folder of YAML or JSON files that seeds a store without a catalog.", SetCatalog),
        GatewaySetting.Whole("retain", "days", 7, 36_500, 0, "Days after which records are cut from the log, once a day; what they count for stays.",
            (options, value) => options with { RetainDays = (int)value }) with { Default = "for ever" },
        new("export", "DIR", "none", "Folder that records are written to before --retain cuts them; made when absent.", SetExport),
        new("keys", "FILE", "none", "File of the keys that callers need, each with its scopes; see the command key. Without it everybody may call.", SetKeys),
        GatewaySetting.Choice("clock", ["system", "simulated"], "system", "simulated: time comes from the requests' at, for replays.",
            (options, word) => options with { SimulatedClock = word == "simulated" }),
        GatewaySetting.Choice("commit", ["sync", "async"], "sync", "async: answer before facts are on the disk; a power cut loses the last moments.",
            (options, word) => options with { AsyncCommit = word == "async" }),
        GatewaySetting.Whole("deadline-ms", "ms", 1, 60_000, Defaults.DeadlineMs, "How long a decision may take when its request has no deadlineMs.",
            (options, value) => options with { DeadlineMs = (int)value }),
        GatewaySetting.Whole("max-decision-bytes", "bytes", 1 << 10, 64 << 20, Defaults.MaxDecisionBytes, "Largest body of a decision request; beyond it 413.",
            (options, value) => options with { MaxDecisionBytes = (int)value }),
        GatewaySetting.Whole("max-touchpoint-bytes", "bytes", 1 << 10, 64 << 20, Defaults.MaxTouchpointBytes, "Largest body of touchpoints; beyond it 413.",
            (options, value) => options with { MaxTouchpointBytes = (int)value }),
        GatewaySetting.Whole("max-catalog-bytes", "bytes", 1 << 10, 256 << 20, Defaults.MaxCatalogBytes, "Largest catalog bundle; beyond it 413.",
            (options, value) => options with { MaxCatalogBytes = (int)value }),
        GatewaySetting.Whole("max-inflight-bytes", "bytes", 1 << 20, 16L << 30, Defaults.MaxInflightBytes, "Bytes of bodies under way at one time; beyond it 503.",
            (options, value) => options with { MaxInflightBytes = value }),
        GatewaySetting.Whole("max-wait-ms", "ms", 10, 60_000, Defaults.MaxWaitMs, "Estimated wait above which decisions and touchpoints are refused with 503.",
            (options, value) => options with { MaxWaitMs = (int)value }),
        GatewaySetting.Whole("drain-seconds", "s", 0, 600, Defaults.DrainSeconds, "How long a stop waits for what was accepted.",
            (options, value) => options with { DrainSeconds = (int)value }),
        GatewaySetting.Whole("refolds-per-second", "customers", 1, 10_000_000, Defaults.RefoldsPerSecond, "Customers folded anew in a second at most, after a publish that changes metrics, caps or segments.",
            (options, value) => options with { RefoldsPerSecond = (int)value }),
        GatewaySetting.Whole("refold-threads", "threads", 1, 256, Defaults.RefoldThreads, "Threads that fold anew.",
            (options, value) => options with { RefoldThreads = (int)value }) with { Default = "half of the processors" },
        GatewaySetting.Whole("max-metric-series", "series", 10, 100_000, Defaults.MaxMetricSeries, "Series an instrument may have in /metrics; more go into one overflow series.",
            (options, value) => options with { MaxMetricSeries = (int)value }),
        GatewaySetting.Choice("log-level", Enum.GetNames<LogLevel>(), Defaults.LogLevel.ToString(), "Least level that is logged.",
            (options, word) => options with { LogLevel = Enum.Parse<LogLevel>(word) }),
    ];

    private static string? SetUrls(string text, ref GatewayOptions options)
    {
        var urls = text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var url in urls)
        {
            // Kestrel's own forms for "any address" are no URIs.
            var comparable = url.Replace("://*", "://any", StringComparison.Ordinal).Replace("://+", "://any", StringComparison.Ordinal);
            if (!Uri.TryCreate(comparable, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.AbsolutePath != "/")
            {
                return $"has '{url}'; an address such as http://127.0.0.1:8080 is needed";
            }
        }

        if (urls.Length == 0)
        {
            return "is empty; an address such as http://127.0.0.1:8080 is needed";
        }

        options = options with { Urls = string.Join(';', urls) };
        return null;
    }

    private static string? SetHosts(string text, ref GatewayOptions options)
    {
        var names = text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (names.Length == 0)
        {
            return "is empty; a name such as shop.example is needed, or * for any";
        }

        if (Array.Find(names, name => name != KnownHosts.Any && Uri.CheckHostName(name) != UriHostNameType.Dns) is { } wrong)
        {
            return $"has '{wrong}'; a name such as shop.example is needed, without scheme and port, or * for any";
        }

        options = options with { Hosts = string.Join(';', names) };
        return null;
    }

    private static string? SetCertificate(string text, ref GatewayOptions options)
    {
        options = options with { CertificateFile = text };
        return NoFile(text);
    }

    private static string? SetCertificateKey(string text, ref GatewayOptions options)
    {
        options = options with { CertificateKeyFile = text };
        return NoFile(text);
    }

    private static string? NoFile(string text) => File.Exists(text) ? null : $"is '{text}', and there is no such file";

    private static string? SetData(string text, ref GatewayOptions options)
    {
        if (string.IsNullOrWhiteSpace(text) || File.Exists(text))
        {
            return $"is '{text}', which is not a folder";
        }

        options = options with { DataFolder = text };
        return null;
    }

    private static string? SetExport(string text, ref GatewayOptions options)
    {
        if (string.IsNullOrWhiteSpace(text) || File.Exists(text))
        {
            return $"is '{text}', which is not a folder";
        }

        options = options with { ExportFolder = text };
        return null;
    }

    // The text may hold a password and is not repeated.
    private static string? SetConnection(string text, ref GatewayOptions options)
    {
        if (!text.Contains('=', StringComparison.Ordinal))
        {
            return "is no connection string; one such as Host=127.0.0.1;Username=pmorleans;Database=pmorleans is needed";
        }

        options = options with { Connection = text };
        return null;
    }

    private static string? SetKeys(string text, ref GatewayOptions options)
    {
        if (!File.Exists(text))
        {
            return $"is '{text}', and there is no such file; the command key makes one";
        }

        try
        {
            _ = new KeyRing(text);
        }
        catch (Exception failed) when (KeyRing.IsTold(failed))
        {
            return $"is '{text}': {failed.Message}";
        }

        options = options with { KeyFile = text };
        return null;
    }

    private static string? SetCatalog(string text, ref GatewayOptions options)
    {
        if (!Directory.Exists(text))
        {
            return $"is '{text}', and there is no such folder";
        }

        options = options with { CatalogFolder = text };
        return null;
    }
}
