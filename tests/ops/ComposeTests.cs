using System.Text.RegularExpressions;

namespace PmOrleans.Ops.Tests;

/// <summary>docker-compose.yml without a container engine: what it says must be so.</summary>
public sealed partial class ComposeTests
{
    private readonly ComposeFile _compose = new();

    [Fact]
    public void it_has_a_database_three_silos_and_what_watches_them() => Assert.Equal(
        "grafana postgres prometheus silo-1 silo-2 silo-3", string.Join(' ', _compose.Services.Keys.Order(StringComparer.Ordinal)));

    [Fact]
    public void every_image_of_others_is_pinned_to_a_whole_version() => Assert.All(
        _compose.Services.Where(service => !service.Value.IsBuilt),
        service => Assert.Matches(PinnedImage(), service.Value.Image));

    [Fact]
    public void every_service_tells_its_health_and_nobody_starts_before_what_it_needs()
    {
        var imageHasCheck = Repository.Read("Dockerfile").Contains("\nHEALTHCHECK ", StringComparison.Ordinal);

        Assert.All(_compose.Services, service => Assert.True(service.Value.HasHealthCheck || (service.Value.IsBuilt && imageHasCheck), service.Key));
        Assert.All(_compose.Silos, silo => Assert.True(silo.Value.Needs("postgres"), silo.Key));
        Assert.True(_compose.Services["grafana"].Needs("prometheus"));
    }

    [Fact]
    public void ports_are_published_on_this_machine_only_each_once_and_lead_to_what_listens()
    {
        var ports = _compose.Services.SelectMany(service => service.Value.Ports.Select(port => (service.Key, service.Value, Port: port.Split(':')))).ToList();

        Assert.All(ports, port => Assert.Equal((3, "127.0.0.1"), (port.Port.Length, port.Port[0])));
        Assert.Equal(ports.Count, ports.Select(port => port.Port[1]).Distinct(StringComparer.Ordinal).Count());
        Assert.All(ports.Where(port => port.Value.IsBuilt), port => Assert.Contains($"PMORLEANS_URLS=http://0.0.0.0:{port.Port[2]}", Repository.Read("Dockerfile"), StringComparison.Ordinal));
        Assert.Equal("8081 8082 8083", string.Join(' ', ports.Where(port => port.Value.IsBuilt).Select(port => port.Port[1])));
    }

    [Fact]
    public async Task every_setting_given_to_a_silo_is_an_option_it_has()
    {
        var options = await RunningSilo.OptionsAsync();
        var given = _compose.Silos.SelectMany(silo => silo.Value.Environment.Keys)
            .Concat(Setting().Matches(Repository.Read("Dockerfile")).Select(setting => setting.Value))
            .Where(variable => variable.StartsWith("PMORLEANS_", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).ToList();

        Assert.True(given.Count >= 6, string.Join(' ', given));
        Assert.All(given, variable => Assert.Contains(variable["PMORLEANS_".Length..].Replace('_', '-').ToLowerInvariant(), options));
    }

    [Fact]
    public void every_silo_has_a_name_and_an_address_of_its_own_at_which_it_is_found()
    {
        var silos = _compose.Silos.ToList();

        Assert.Equal(3, silos.Count);
        Assert.All(silos, silo => Assert.Equal((silo.Key, silo.Value.Address), (silo.Value.Environment["PMORLEANS_NODE"], silo.Value.Environment["PMORLEANS_SILO_ADDRESS"])));
        Assert.Equal(3, silos.Select(silo => silo.Value.Address).Distinct(StringComparer.Ordinal).Count());
        Assert.Single(silos.Select(silo => silo.Value.Environment["PMORLEANS_CONNECTION"]).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public void the_silos_connect_to_the_database_as_it_is_made()
    {
        var database = _compose.Services["postgres"].Environment;
        var connection = _compose.Silos.First().Value.Environment["PMORLEANS_CONNECTION"].Split(';').Select(part => part.Split('=')).ToDictionary(part => part[0], part => part[1], StringComparer.Ordinal);

        Assert.Equal(
            ("postgres", "5432", database["POSTGRES_USER"], database["POSTGRES_PASSWORD"], database["POSTGRES_DB"]),
            (connection["Host"], connection["Port"], connection["Username"], connection["Password"], connection["Database"]));
    }

    [Fact]
    public void what_is_mounted_is_there_and_what_is_kept_is_declared()
    {
        var volumes = _compose.Services.Values.SelectMany(service => service.Volumes).ToList();

        Assert.All(volumes.Where(volume => volume[0].StartsWith('.')), volume =>
        {
            Assert.True(Directory.Exists(Repository.PathOf(volume[0])), volume[0]);
            Assert.Equal("ro", volume[2]);
        });
        Assert.Equal(
            string.Join(' ', _compose.Volumes.Order(StringComparer.Ordinal)),
            string.Join(' ', volumes.Where(volume => !volume[0].StartsWith('.')).Select(volume => volume[0]).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void prometheus_scrapes_every_silo_and_grafana_reads_prometheus_and_the_dashboards()
    {
        var scraped = ScrapeTarget().Matches(Repository.Read("ops/prometheus/prometheus.yml")).Select(target => target.Groups["target"].Value);
        var dashboards = _compose.Services["grafana"].Volumes.Single(volume => volume[0].EndsWith("dashboards", StringComparison.Ordinal))[1];

        Assert.Equal(string.Join(' ', _compose.Silos.Select(silo => silo.Key + ":8080")), string.Join(' ', scraped));
        Assert.Contains("url: http://prometheus:9090", Repository.Read("ops/grafana/provisioning/datasources/prometheus.yml"), StringComparison.Ordinal);
        Assert.Contains("path: " + dashboards, Repository.Read("ops/grafana/provisioning/dashboards/pmorleans.yml"), StringComparison.Ordinal);
        Assert.StartsWith(dashboards + "/", _compose.Services["grafana"].Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"], StringComparison.Ordinal);
        Assert.True(File.Exists(Repository.PathOf("ops/grafana/dashboards/pmorleans.json")));
    }

    /// <summary>Name, then a version of at least two numbers; never "latest", never a major alone.</summary>
    [GeneratedRegex(@"^[a-z/.]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9]+)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex PinnedImage();

    [GeneratedRegex("PMORLEANS_[A-Z_]+")]
    private static partial Regex Setting();

    [GeneratedRegex("\"(?<target>[a-z0-9-]+:\\d+)\"")]
    private static partial Regex ScrapeTarget();
}
