using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Hosting;

namespace PmOrleans.Gateway.Tests;

/// <summary>Who may call what, once callers have keys.</summary>
public sealed class KeyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-").FullName;

    private string Keys => Path.Combine(_folder, "keys");

    [Fact]
    public async Task every_call_needs_a_key_with_its_scope()
    {
        var keyOf = Scopes.All.ToDictionary(scope => scope, scope => Admit(scope, scope), StringComparer.Ordinal);
        var keyBut = Scopes.All.ToDictionary(scope => scope, scope => Admit("but-" + scope, string.Join(',', Scopes.All.Where(other => other != scope))), StringComparer.Ordinal);
        await using var edge = await StartAsync();

        var calls = Addresses(edge).Where(address => address.Path.StartsWith("/v1/", StringComparison.Ordinal)).ToArray();
        Assert.True(calls.Length > 30, $"{calls.Length} calls");
        foreach (var (method, path, endpoint) in calls)
        {
            var scope = Assert.Single(endpoint.Metadata.OfType<IAuthorizeData>()).Policy!;
            Assert.Null(endpoint.Metadata.GetMetadata<IAllowAnonymous>());

            var without = await CallAsync(edge, method, path, null);
            var unknown = await CallAsync(edge, method, path, keyOf[scope] + "0");
            var others = await CallAsync(edge, method, path, keyBut[scope]);
            var its = await CallAsync(edge, method, path, keyOf[scope]);

            without.AssertProblem(401);
            Assert.Equal("Bearer realm=\"pmorleans\"", without.Headers["WWW-Authenticate"]);
            unknown.AssertProblem(401);
            Assert.Contains("invalid_token", unknown.Headers["WWW-Authenticate"], StringComparison.Ordinal);
            others.AssertProblem(403);
            Assert.Contains($"scope=\"{scope}\"", others.Headers["WWW-Authenticate"], StringComparison.Ordinal);
            Assert.Contains($"needs {scope}", others.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.True(its.Status is not (401 or 403), $"{method} {path} with {scope}: {its.Text}");
        }
    }

    [Theory]
    [InlineData(Scopes.Decide, "addAlias, decide, ingest")]
    [InlineData(Scopes.Customers, "readCustomer, readDecision, readFacts")]
    [InlineData(Scopes.Erase, "eraseCustomer")]
    [InlineData(Scopes.Draft, "deleteDraft, saveDraft")]
    [InlineData(Scopes.Publish, "offerInStock, offerOutOfStock, pauseCampaign, publishCatalog, publishDraft, resumeCampaign, rollBackCatalog")]
    public async Task a_scope_is_good_for_what_is_said_of_it_and_for_nothing_else(string scope, string calls)
    {
        await using var edge = await Edge.StartAsync();

        var its = Addresses(edge).Where(address => address.Endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy == scope)
            .Select(address => address.Endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName);

        Assert.Equal(calls, string.Join(", ", its.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task a_refused_call_reaches_nobody()
    {
        var key = Admit("reader", "read,customers,publish,draft,erase");
        await using var edge = await StartAsync();

        (await CallAsync(edge, "POST", "/v1/decisions", null, Samples.DecisionJson)).AssertProblem(401);
        (await CallAsync(edge, "POST", "/v1/decisions", key, Samples.DecisionJson)).AssertProblem(403);
        (await CallAsync(edge, "POST", "/v1/touchpoints", key, """{"customerId":"c","type":"view"}""")).AssertProblem(403);

        Assert.Equal(0, edge.Node.Calls);
    }

    [Fact]
    public async Task what_operators_look_at_and_what_explains_is_open_and_nothing_else_is()
    {
        var key = Admit("any", "erase");
        await using var edge = await StartAsync();

        foreach (var path in (string[])["/healthz", "/readyz", "/metrics", "/openapi/v1.json", "/problems/unauthorized"])
        {
            Assert.Equal(200, (await CallAsync(edge, "GET", path, null)).Status);
        }

        Assert.Equal(200, (await CallAsync(edge, "HEAD", "/readyz", null)).Status);
        (await CallAsync(edge, "GET", "/nowhere", null)).AssertProblem(401);
        (await CallAsync(edge, "PATCH", "/v1/decisions", null)).AssertProblem(401);
        (await CallAsync(edge, "GET", "/nowhere", key)).AssertProblem(404);
        (await CallAsync(edge, "PATCH", "/v1/decisions", key)).AssertProblem(405);
    }

    [Theory]
    [InlineData("bearer {0}", 200)]
    [InlineData("Bearer   {0} ", 200)]
    [InlineData("Basic {0}", 401)]
    [InlineData("{0}", 401)]
    [InlineData("Bearer", 401)]
    [InlineData("Bearer ", 401)]
    [InlineData("Bearer {0} {0}", 401)]
    [InlineData("Bearer {0},{0}", 401)]
    public async Task the_header_is_bearer_and_one_key(string form, int status)
    {
        var key = Admit("reader", "all");
        await using var edge = await StartAsync();

        var answer = await edge.SendAsync(HttpMethod.Get, "/v1/campaigns", null, null, ("Authorization", string.Format(System.Globalization.CultureInfo.InvariantCulture, form, key)));

        Assert.Equal(status, answer.Status);
    }

    [Theory]
    [InlineData("Basic c2hvcDpwYXNz", false)]
    [InlineData("", false)]
    [InlineData("Bearer", true)]
    [InlineData("bearer pmo_1", true)]
    public async Task only_who_sends_a_token_is_told_that_it_is_invalid(string header, bool told)
    {
        Admit("reader", "all");
        await using var edge = await StartAsync();

        var answer = (await edge.SendAsync(HttpMethod.Get, "/v1/campaigns", null, null, ("Authorization", header))).AssertProblem(401);

        Assert.Equal(told ? "Bearer realm=\"pmorleans\", error=\"invalid_token\"" : "Bearer realm=\"pmorleans\"", answer.Headers["WWW-Authenticate"]);
    }

    [Fact]
    public void a_file_that_was_spoiled_since_the_settings_were_read_is_told_in_one_line()
    {
        File.WriteAllText(Keys, "shop decide\n");

        var told = Assert.Throws<StartException>(() => new ServiceCollection().AddKeys(new GatewayOptions { KeyFile = Keys }));

        Assert.Contains("line 1 has 2 words", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void the_bound_of_the_file_holds_behind_a_link()
    {
        File.WriteAllText(Path.Combine(_folder, "large"), new string('#', (4 << 20) + 1));
        File.CreateSymbolicLink(Keys, "large");

        Assert.Contains("has 4194305 bytes; allowed are 4194304", Assert.Throws<FormatException>(() => new KeyRing(Keys)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_text_of_any_length_is_no_key()
    {
        Admit("reader", "all");
        await using var edge = await StartAsync();

        foreach (var key in (string[])[new string('a', 256), new string('a', 257), new string('a', 8_000), "schlüssel"])
        {
            (await CallAsync(edge, "GET", "/v1/campaigns", key)).AssertProblem(401);
        }
    }

    [Fact]
    public async Task keys_come_and_go_without_a_restart_and_a_mistake_changes_nothing()
    {
        var first = Admit("first", "read");
        await using var edge = await StartAsync();
        var second = Admit("second", "read");
        await Wait.UntilAsync(async () => (await CallAsync(edge, "GET", "/v1/campaigns", second)).Status == 200);

        File.WriteAllText(Keys, File.ReadAllText(Keys) + "third all\n");
        await Wait.UntilAsync(() => edge.Logs.All.Contains("line 3 has 2 words", StringComparison.Ordinal));
        Assert.Equal(200, (await CallAsync(edge, "GET", "/v1/campaigns", first)).Status);

        File.WriteAllLines(Keys, File.ReadAllLines(Keys).Where(line => line.StartsWith("second", StringComparison.Ordinal)));
        await Wait.UntilAsync(async () => (await CallAsync(edge, "GET", "/v1/campaigns", first)).Status == 401);
        Assert.Equal(200, (await CallAsync(edge, "GET", "/v1/campaigns", second)).Status);
        Assert.DoesNotContain(first, edge.Logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain(second, edge.Logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_history_says_whose_key_published()
    {
        var key = Admit("marketing", "all");
        await using var edge = await StartAsync();

        await CallAsync(edge, "PUT", "/v1/catalog/drafts/spring?author=Li%20Na", key, "{}");
        await CallAsync(edge, "PUT", "/v1/catalog/drafts/summer", key, "{}");
        var tooLong = await CallAsync(edge, "PUT", $"/v1/catalog/drafts/autumn?author={new string('a', 117)}", key, "{}");

        Assert.Equal("Li Na (marketing)", edge.Node.Drafts["spring"].Note.Author);
        Assert.Equal("marketing", edge.Node.Drafts["summer"].Note.Author);
        Assert.Contains("116", Assert.Single(tooLong.AssertProblem(400).ErrorsOf("author")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_draft_that_another_key_publishes_keeps_its_author()
    {
        var (writer, boss) = (Admit("writer", "draft"), Admit("boss", "publish"));
        await using var edge = await StartAsync();
        await CallAsync(edge, "PUT", "/v1/catalog/drafts/spring?author=Li%20Na&comment=Sale", writer, "{}");

        await CallAsync(edge, "POST", "/v1/catalog/drafts/spring/publish", boss);

        Assert.Equal(("Li Na (writer) (boss)", "Sale"), (edge.Node.Notes[0].Author, edge.Node.Notes[0].Comment));
    }

    [Fact]
    public async Task the_log_says_whose_key_changed_something_and_not_which_customer_was_erased()
    {
        var key = Admit("desk", "all");
        await using var edge = await StartAsync();

        await CallAsync(edge, "POST", "/v1/campaigns/autumn/pause", key);
        await CallAsync(edge, "POST", "/v1/offers/tea/out-of-stock", key);
        await CallAsync(edge, "DELETE", "/v1/customers/c-4711", key);
        await CallAsync(edge, "GET", "/v1/campaigns", key);

        Assert.Contains("The key desk asked for pauseCampaign of autumn: 200.", edge.Logs.All, StringComparison.Ordinal);
        Assert.Contains("The key desk asked for offerOutOfStock of tea: 200.", edge.Logs.All, StringComparison.Ordinal);
        Assert.Contains("The key desk asked for eraseCustomer: 200.", edge.Logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain("c-4711", edge.Logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain("readCampaigns", edge.Logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_log_names_the_key_of_a_call_that_broke_off()
    {
        var key = Admit("desk", "publish");
        await using var edge = await StartAsync();
        edge.Node.LiveVersion = 0;
        edge.Node.OnPublish = (_, _) => throw new InvalidOperationException("broken");

        (await CallAsync(edge, "PUT", "/v1/catalog", key, "{}")).AssertProblem(500);

        Assert.Contains("The key desk asked for publishCatalog: broke off.", edge.Logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_document_says_which_scope_a_call_needs_where_keys_are_asked_for()
    {
        Admit("any", "all");
        await using var closed = await StartAsync();
        await using var open = await Edge.StartAsync();

        var document = (await closed.GetAsync("/openapi/v1.json")).Json;
        var decide = document.GetProperty("paths").GetProperty("/v1/decisions").GetProperty("post");
        Assert.Equal("decide", decide.GetProperty("security")[0].GetProperty("key")[0].GetString());
        Assert.Equal("bearer", document.GetProperty("components").GetProperty("securitySchemes").GetProperty("key").GetProperty("scheme").GetString());
        foreach (var status in (string[])["401", "403"])
        {
            Assert.Equal("#/components/schemas/ProblemBody",
                decide.GetProperty("responses").GetProperty(status).GetProperty("content").GetProperty("application/problem+json").GetProperty("schema").GetProperty("$ref").GetString());
        }

        Assert.False(document.GetProperty("paths").GetProperty("/healthz").GetProperty("get").TryGetProperty("security", out _));
        Assert.DoesNotContain("security", (await open.GetAsync("/openapi/v1.json")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "has no key")]
    [InlineData("# nobody\n\n", "has no key")]
    [InlineData("shop decide", "line 1 has 2 words")]
    [InlineData("\nshop decide pmo_secret", "line 2 has no sha256:")]
    [InlineData("pmo_a-secret-longer-than-any-name-may-be-0123456789012345678901234567 decide sha256:$", "line 1 has the name 'pmo_…'")]
    [InlineData("shop pmo_secret sha256:$", "line 1 has the scope 'pmo_…'")]
    [InlineData("shop decide sha256:12", "line 1 has no sha256:")]
    [InlineData("sh/op decide sha256:$", "line 1 has the name 'sh/op'; it must be 1 to 64")]
    [InlineData("shop decide,admin sha256:$", "line 1 has the scope 'admin'; allowed are decide, customers, erase, read, draft, publish")]
    [InlineData("shop decide, sha256:$", "line 1 has the scope ''")]
    [InlineData("shop decide sha256:$\nshop read sha256:$", "line 2 has the name 'shop' once more")]
    [InlineData("shop decide sha256:$\nother read sha256:$", "line 2 has the key of another line")]
    public void a_wrong_line_is_named_and_no_key_is_repeated(string text, string expected)
    {
        var wrong = Assert.Throws<FormatException>(() => KeyFile.Parse(text.Replace("$", new string('a', 64), StringComparison.Ordinal)));

        Assert.Contains(expected, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_command_makes_a_key_that_is_in_no_file()
    {
        var (exitCode, output, error) = await GatewayProcess.RunAsync(_folder, "key", "--keys", Keys, "--name", "shop", "--scopes", "decide,read");
        var key = output.Trim();

        Assert.True(exitCode == 0, error);
        Assert.StartsWith("pmo_", key, StringComparison.Ordinal);
        Assert.DoesNotContain(key, File.ReadAllText(Keys), StringComparison.Ordinal);
        Assert.Equal(("shop", "decide,read"), new KeyRing(Keys).Find(key) is { } found ? (found.Name, string.Join(',', found.Scopes)) : default);

        var before = File.ReadAllText(Keys);
        var again = await GatewayProcess.RunAsync(_folder, "key", "--keys", Keys, "--name", "shop", "--scopes", "all");
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("the name 'shop' once more", again.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Keys));
    }

    [Fact]
    public async Task a_device_without_an_end_is_no_file_of_keys()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.CreateSymbolicLink(Keys, "/dev/zero");

        Assert.Contains("not a regular file", Assert.Throws<IOException>(() => new KeyRing(Keys)).Message, StringComparison.Ordinal);
        Assert.Contains("not a regular file", (await Assert.ThrowsAsync<StartException>(() => KeyCommand.RunAsync(Keys, "second", "read"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task one_command_at_a_time_adds_a_line()
    {
        Admit("first", "read");
        var before = File.ReadAllText(Keys);
        File.WriteAllText(Keys + ".new", "of another");

        var told = await Assert.ThrowsAsync<StartException>(() => KeyCommand.RunAsync(Keys, "second", "read"));

        Assert.Contains($"'{Keys}.new' already exists", told.Message, StringComparison.Ordinal);
        Assert.Equal("of another", File.ReadAllText(Keys + ".new"));
        Assert.Equal(before, File.ReadAllText(Keys));
    }

    [Fact]
    public async Task a_command_leaves_the_file_as_readable_as_it_was_a_link_a_link_and_nothing_beside_it()
    {
        Admit("first", "read");
        var link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, "keys");
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Keys, Mode);
        }

        await KeyCommand.RunAsync(link, "second", "read");
        await Assert.ThrowsAsync<StartException>(() => KeyCommand.RunAsync(link, "second", "read"));

        Assert.Equal(2, new KeyRing(Keys).Count);
        Assert.Equal("keys", new FileInfo(link).LinkTarget);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Keys) == Mode);
        Assert.Equal("keys, link", string.Join(", ", Directory.GetFiles(_folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task a_start_without_a_key_to_admit_is_refused()
    {
        File.WriteAllText(Keys, "# to be filled\n");

        var (exitCode, _, error) = await GatewayProcess.RunAsync(_folder, "--keys", Keys, "--data", Path.Combine(_folder, "data"));

        Assert.Equal(2, exitCode);
        Assert.Contains("has no key; nobody could call", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "data")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static IEnumerable<(string Method, string Path, RouteEndpoint Endpoint)> Addresses(Edge edge) =>
        from endpoint in edge.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let path = "/" + endpoint.RoutePattern.RawText!.TrimStart('/').Replace("{version:int}", "3", StringComparison.Ordinal).Replace("{id}", "x", StringComparison.Ordinal).Replace("{name}", "x", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        select (method, path, endpoint);

    private static Task<Answer> CallAsync(Edge edge, string method, string path, string? key, string? body = null) =>
        edge.SendAsync(new HttpMethod(method), path, body is null ? null : Encoding.UTF8.GetBytes(body), "application/json", key is null ? [] : [("Authorization", $"Bearer {key}")]);

    private Task<Edge> StartAsync() => Edge.StartAsync(new GatewayOptions { DeadlineMs = 60_000, KeyFile = Keys });

    /// <summary>Adds a line to the file; returns the key.</summary>
    private string Admit(string name, string scopes)
    {
        var (key, line) = KeyFile.Make(name, scopes);
        File.AppendAllText(Keys, line + "\n");
        return key;
    }
}
