using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using PmOrleans.Gateway.Hosting;
using PmOrleans.Gateway.Metrics;

namespace PmOrleans.Gateway.Tests;

/// <summary>The edge in front of the real embedded host, with the sample shop.</summary>
public sealed class EmbeddedEdgeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-").FullName;

    [Fact]
    public async Task a_shop_can_be_run_from_the_first_decision_to_the_erasure()
    {
        await using var opened = await EmbeddedNodeService.OpenAsync(new GatewayOptions { DataFolder = _folder, CatalogFolder = SampleCatalog.Find() });
        await using var app = GatewayApp.Build(new GatewayOptions { Urls = "http://127.0.0.1:0", DeadlineMs = 60_000 }, opened.Node);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        var decided = await Send(client, HttpMethod.Post, "/v1/decisions", """{"decisionId":"d-1","customerId":"a/b","placements":[{"id":"home.hero"}]}""");
        var repeated = await Send(client, HttpMethod.Post, "/v1/decisions", """{"placements":[{"count":1,"id":"home.hero"}],"customerId":"a/b","decisionId":"d-1","explain":false}""");
        var conflict = await Send(client, HttpMethod.Post, "/v1/decisions", """{"decisionId":"d-1","customerId":"a/b","placements":[{"id":"home.hero"}],"context":{"device":"mobile"}}""");
        var offer = decided.Body.GetProperty("placements")[0].GetProperty("offers")[0].GetProperty("offerId").GetString();
        var click = await Send(client, HttpMethod.Post, "/v1/touchpoints", $$"""[{"messageId":"m-1","customerId":"a/b","type":"click","decisionId":"d-1","offerId":"{{offer}}"},{"messageId":"m-1","customerId":"a/b","type":"click"}]""");
        var facts = await Send(client, HttpMethod.Get, "/v1/customers/a%2Fb/facts");
        var erased = await Send(client, HttpMethod.Delete, "/v1/customers/a%2Fb");
        var gone = await Send(client, HttpMethod.Get, "/v1/customers/a%2Fb");

        Assert.Equal(200, decided.Status);
        Assert.True(JsonElement.DeepEquals(decided.Body, repeated.Body));
        Assert.Equal(409, conflict.Status);
        Assert.Equal((202, 1, 1), (click.Status, click.Body.GetProperty("accepted").GetInt32(), click.Body.GetProperty("duplicates").GetInt32()));
        Assert.Contains("m-1", facts.Body.ToString(), StringComparison.Ordinal);
        Assert.Equal(200, erased.Status);
        Assert.True(gone.Status is 404 or 410);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task https_shows_the_certificate_that_is_named(bool keyInTheSameFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var (file, keyFile) = (Path.Combine(_folder, "certificate.pem"), Path.Combine(_folder, "key.pem"));
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem() + (keyInTheSameFile ? "\n" + key.ExportPkcs8PrivateKeyPem() : ""));
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());
        var options = new GatewayOptions { Urls = "https://127.0.0.1:0", CertificateFile = file, CertificateKeyFile = keyInTheSameFile ? null : keyFile };
        await using var app = GatewayApp.Build(options, new FakeNode());
        await app.StartAsync();
        var onlyThis = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        onlyThis.CustomTrustStore.Add(certificate);
        using var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = onlyThis } };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(app.Urls.First()) };

        using var answer = await client.GetAsync(new Uri("/healthz", UriKind.Relative));

        Assert.True(answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task a_certificate_without_its_key_stops_the_start_in_one_line()
    {
        var file = Path.Combine(_folder, "certificate.pem");
        await File.WriteAllTextAsync(file, "no certificate");
        var told = await Assert.ThrowsAsync<StartException>(async () =>
        {
            await using var app = GatewayApp.Build(new GatewayOptions { Urls = "https://127.0.0.1:0", CertificateFile = file }, new FakeNode());
            await app.StartAsync();
        });

        Assert.StartsWith($"--certificate is '{file}': ", told.Message, StringComparison.Ordinal);
        Assert.Contains("--certificate-key is set without", Assert.Throws<StartException>(() => SettingsReader.Read(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["certificate-key"] = file }, new Dictionary<string, string>(StringComparer.Ordinal), "none")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_the_start_previews_for_nobody_has_an_offer_whatever_is_live()
    {
        await using var opened = await EmbeddedNodeService.OpenAsync(new GatewayOptions { DataFolder = _folder, CatalogFolder = SampleCatalog.Find() });
        await using var app = GatewayApp.Build(new GatewayOptions { Urls = "http://127.0.0.1:0" }, opened.Node);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        var (status, body) = await Send(client, HttpMethod.Post, "/v1/preview", Encoding.UTF8.GetString(WarmUp.Request));

        Assert.Equal(200, status);
        Assert.Equal(1, body.GetProperty("decision").GetProperty("placements")[0].GetProperty("offers").GetArrayLength());
    }

    [Fact]
    public async Task a_placement_that_has_nothing_to_show_is_counted()
    {
        var catalog = Directory.CreateDirectory(Path.Combine(_folder, "catalog")).FullName;
        await File.WriteAllTextAsync(Path.Combine(catalog, "placements.yaml"), "placements:\n  bare: { channel: web }\n  housed: { channel: web, fallback: { offer: house, content: { title: Hello } } }\n");
        using var metrics = new MetricStore(100);
        await using var opened = await EmbeddedNodeService.OpenAsync(new GatewayOptions { DataFolder = Path.Combine(_folder, "data"), CatalogFolder = catalog });
        await using var app = GatewayApp.Build(new GatewayOptions { Urls = "http://127.0.0.1:0", DeadlineMs = 60_000 }, opened.Node, metrics: metrics);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        await Send(client, HttpMethod.Post, "/v1/decisions", """{"customerId":"c","placements":[{"id":"bare"},{"id":"housed"}]}""");
        var page = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));

        Assert.Contains("pmorleans_decisions_empty_total{placement=\"bare\"} 1\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("pmorleans_decisions_empty_total{placement=\"housed\"}", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task no_folder_is_watched_for_settings()
    {
        await using var opened = await EmbeddedNodeService.OpenAsync(new GatewayOptions { DataFolder = _folder, CatalogFolder = SampleCatalog.Find() });
        await using var app = GatewayApp.Build(new GatewayOptions { Urls = "http://127.0.0.1:0" }, opened.Node);

        Assert.Empty(((IConfigurationRoot)app.Configuration).Providers.OfType<FileConfigurationProvider>());
    }

    [Fact]
    public async Task a_data_folder_in_use_is_told_in_one_line()
    {
        var options = new GatewayOptions { DataFolder = _folder };
        await using var first = await EmbeddedNodeService.OpenAsync(options);

        var refused = await Assert.ThrowsAsync<StartException>(() => EmbeddedNodeService.OpenAsync(options));

        Assert.Contains("in use by another process", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_example_at_the_start_asks_only_for_what_the_live_catalog_has()
    {
        Assert.Contains("\"id\":\"home.hero\"", await Banner("shop", SampleCatalog.Find()), StringComparison.Ordinal);

        var folder = Directory.CreateDirectory(Path.Combine(_folder, "catalog")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "catalog.yaml"), """
            catalog: { currency: CNY, zone: Asia/Shanghai }
            placements:
              side: { channel: web, slots: 1, fallback: { offer: nothing, content: {} } }
            """);
        var other = await Banner("other", folder);

        Assert.Contains("Try: curl -s http://127.0.0.1:1/v1/catalog", other, StringComparison.Ordinal);
        Assert.DoesNotContain("home.hero", other, StringComparison.Ordinal);
        Assert.DoesNotContain("Try:", await Banner("empty", catalog: null), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> Banner(string data, string? catalog)
    {
        var options = new GatewayOptions { DataFolder = Path.Combine(_folder, data), CatalogFolder = catalog };
        await using var opened = await EmbeddedNodeService.OpenAsync(options);
        await using var output = new StringWriter();
        await StartBanner.WriteAsync(output, options, ["http://127.0.0.1:1"], opened.Node);
        return output.ToString();
    }

    private static async Task<(int Status, JsonElement Body)> Send(HttpClient client, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }
}
