using PmOrleans.Simulator.Http;

namespace PmOrleans.Simulator.Load;

public enum ArrivalKind
{
    Poisson,
    Constant,
}

/// <summary>What a load run was asked for.</summary>
public sealed record LoadOptions
{
    /// <summary>Gateways; requests go to them in turn.</summary>
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>What every request says in <c>Authorization: Bearer</c>; <c>null</c>: nothing.</summary>
    public string? Key { get; init; }

    /// <summary>Which certificates are taken for theirs.</summary>
    public GatewayTrust Trust { get; init; } = GatewayTrust.Machine;

    /// <summary>Requests a second over all gateways, on average over the run. 0.1 to 1,000,000.</summary>
    public required double Rate { get; init; }

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    public ArrivalKind Arrivals { get; init; } = ArrivalKind.Poisson;

    /// <summary>Share of decisions; the rest are touchpoints. Default 0.7.</summary>
    public double DecisionShare { get; init; } = .7;

    /// <summary>Touchpoints in a request. Default 5.</summary>
    public int Batch { get; init; } = 5;

    /// <summary>Placements asked for, in turn; empty: all of the catalog's.</summary>
    public IReadOnlyList<string> Placements { get; init; } = [];

    public int Customers { get; init; } = 100_000;

    /// <summary>Exponent of the Zipf distribution of customers; 0: all alike. Default 0.7.</summary>
    public double Zipf { get; init; } = .7;

    /// <summary>Share of the requests that come for ten customers alone. Default 0.</summary>
    public double HotCustomers { get; init; }

    /// <summary>Share of the touchpoints that are clicks on one campaign's offers. Default 0.</summary>
    public double HotCampaign { get; init; }

    /// <summary>The run's length is a day: quiet at its beginning and end, busiest after two thirds. Default false.</summary>
    public bool DayShape { get; init; }

    /// <summary>When a burst begins, how long it lasts, how many times the usual comes; <c>null</c>: none.</summary>
    public BurstOption? Burst { get; init; }

    public FaultShares Faults { get; init; } = new();

    /// <summary>Most connections over all gateways; as many are opened as are needed. Default 512.</summary>
    public int MaxConnections { get; init; } = 512;

    public ulong Seed { get; init; } = 1;

    /// <summary>Search for the highest rate that holds this; <c>null</c>: one run at <see cref="Rate"/>.</summary>
    public Slo? Slo { get; init; }

    /// <summary>Length of a trial of the search. Default 5 s.</summary>
    public TimeSpan Trial { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often to look at the first gateway's campaigns, segments and customers; zero: never. Default: 30 times in the run, at most once a second.</summary>
    public TimeSpan? LookEvery { get; init; }

    /// <summary>Data folder of a gateway on this machine, to recount at the end; <c>null</c>: not recounted.</summary>
    public string? Data { get; init; }

    /// <summary>All that is wrong, each with its value and what is allowed.</summary>
    public IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        Require(Urls.Count > 0, "--url", "missing", "one or more addresses");
        foreach (var url in Urls)
        {
            Require(url.IsAbsoluteUri && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps), "--url", url, "http://host:port or https://host:port");
        }

        Require(Rate is >= .1 and <= 1_000_000, "--rate", Rate, "0.1 to 1,000,000");
        Require(Duration > TimeSpan.Zero && Duration <= TimeSpan.FromDays(7), "--seconds", Duration.TotalSeconds, "above 0, at most 7 days");
        Require(Trial >= TimeSpan.FromSeconds(1), "--trial", Trial.TotalSeconds, "1 s or more");
        Require(DecisionShare is >= 0 and <= 1, "--decisions", DecisionShare, "0 to 1");
        Require(Batch is >= 1 and <= 1000, "--batch", Batch, "1 to 1000");
        Require(Customers is >= 1 and <= 1_000_000_000, "--customers", Customers, "1 to 1,000,000,000");
        Require(Zipf is >= 0 and <= 5, "--zipf", Zipf, "0 to 5");
        Require(HotCustomers is >= 0 and <= 1, "--hot-customers", HotCustomers, "0 to 1");
        Require(HotCampaign is >= 0 and <= 1, "--hot-campaign", HotCampaign, "0 to 1");
        Require(MaxConnections is >= 1 and <= 20_000, "--connections", MaxConnections, "1 to 20,000");
        Require(LookEvery is null || LookEvery >= TimeSpan.Zero, "--look-every", LookEvery?.TotalSeconds ?? 0, "0 s or more");
        problems.AddRange(Faults.Validate());
        return problems;

        void Require(bool holds, string name, object value, string allowed)
        {
            if (!holds)
            {
                problems.Add($"{name} is {value}; allowed is {allowed}");
            }
        }
    }
}
