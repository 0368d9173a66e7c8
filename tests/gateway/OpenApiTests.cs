using System.Text.Json;

namespace PmOrleans.Gateway.Tests;

/// <summary>The document against real answers: every member answered is described, every member that is required is answered.</summary>
public sealed class OpenApiTests
{
    public static TheoryData<string, string, string, string?, int> Calls => new()
    {
        { "POST", "/v1/decisions", "/v1/decisions", """{"customerId":"c","placements":[{"id":"a"}],"explain":true}""", 200 },
        { "POST", "/v1/decisions", "/v1/decisions", """{"customerID":"c"}""", 400 },
        { "POST", "/v1/touchpoints", "/v1/touchpoints", """[{"customerId":"c","type":"view"},5]""", 202 },
        { "POST", "/v1/touchpoints", "/v1/touchpoints", "[5]", 400 },
        { "GET", "/v1/decisions/{id}", "/v1/decisions/d-1", null, 200 },
        { "GET", "/v1/customers/{id}", "/v1/customers/c-42", null, 200 },
        { "DELETE", "/v1/customers/{id}", "/v1/customers/c-42", null, 200 },
        { "POST", "/v1/customers/{id}/aliases", "/v1/customers/c-42/aliases", """{"alias":"email:x"}""", 200 },
        { "POST", "/v1/customers/{id}/aliases", "/v1/customers/c-42/aliases", """{"alias":"taken"}""", 409 },
        { "POST", "/v1/customers/{id}/aliases", "/v1/customers/c-42/aliases", """{"ids":["email:x"]}""", 400 },
        { "GET", "/v1/customers/{id}/facts", "/v1/customers/c-42/facts?limit=3&after=5", null, 200 },
        { "GET", "/v1/customers/{id}/facts", "/v1/customers/c-42/facts?limit=5000", null, 400 },
        { "PUT", "/v1/catalog", "/v1/catalog", "{}", 428 },
        { "POST", "/v1/catalog/validate", "/v1/catalog/validate", "{}", 200 },
        { "GET", "/v1/catalog/versions", "/v1/catalog/versions?limit=5", null, 200 },
        { "GET", "/v1/catalog/versions", "/v1/catalog/versions?limit=500", null, 400 },
        { "GET", "/v1/catalog/versions/{version}/changes", "/v1/catalog/versions/2/changes", null, 200 },
        { "POST", "/v1/catalog/rollback", "/v1/catalog/rollback", """{"version":0}""", 400 },
        { "POST", "/v1/catalog/rollback", "/v1/catalog/rollback", """{"version":3.0}""", 428 },
        { "GET", "/v1/catalog/drafts", "/v1/catalog/drafts", null, 200 },
        { "PUT", "/v1/catalog/drafts/{name}", "/v1/catalog/drafts/spring?author=li", "{}", 200 },
        { "DELETE", "/v1/catalog/drafts/{name}", "/v1/catalog/drafts/none", null, 404 },
        { "POST", "/v1/catalog/drafts/{name}/publish", "/v1/catalog/drafts/none/publish", null, 404 },
        { "POST", "/v1/preview", "/v1/preview", """{"customerId":"c","placements":[{"id":"a"}]}""", 200 },
        { "POST", "/v1/preview", "/v1/preview", """{"placements":[{"id":"a"}]}""", 400 },
        { "POST", "/v1/reach", "/v1/reach", "{}", 202 },
        { "POST", "/v1/reach", "/v1/reach", """{"draft":"broken"}""", 422 },
        { "GET", "/v1/reach/{id}", "/v1/reach/r-1", null, 200 },
        { "DELETE", "/v1/reach/{id}", "/v1/reach/r-1", null, 200 },
        { "POST", "/v1/offers/{id}/out-of-stock", "/v1/offers/o-1/out-of-stock", null, 200 },
        { "POST", "/v1/offers/{id}/in-stock", "/v1/offers/o-1/in-stock", null, 200 },
        { "GET", "/v1/campaigns", "/v1/campaigns", null, 200 },
        { "GET", "/v1/campaigns/{id}", "/v1/campaigns/autumn", null, 200 },
        { "GET", "/v1/campaigns/{id}", "/v1/campaigns/none", null, 404 },
        { "POST", "/v1/campaigns/{id}/pause", "/v1/campaigns/autumn/pause", null, 200 },
        { "POST", "/v1/campaigns/{id}/resume", "/v1/campaigns/autumn/resume", null, 200 },
        { "GET", "/v1/segments", "/v1/segments", null, 200 },
        { "GET", "/v1/segments/{id}", "/v1/segments/gold", null, 200 },
        { "GET", "/v1/experiments", "/v1/experiments", null, 200 },
        { "GET", "/v1/experiments/{id}", "/v1/experiments/hero", null, 200 },
        { "GET", "/v1/segments/{id}/overlap", "/v1/segments/gold/overlap?with=vip", null, 200 },
        { "GET", "/v1/segments/{id}/overlap", "/v1/segments/gold/overlap", null, 400 },
        { "GET", "/v1/segments/{id}/overlap", "/v1/segments/gold/overlap?with=" + new string('x', 257), null, 400 },
        { "GET", "/v1/placements/{id}/policy", "/v1/placements/home.hero/policy", null, 200 },
        { "GET", "/healthz", "/healthz", null, 200 },
        { "GET", "/readyz", "/readyz", null, 200 },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task an_answer_has_the_members_that_are_described(string method, string template, string path, string? body, int status)
    {
        await using var edge = await Edge.StartAsync();
        var document = (await edge.GetAsync("/openapi/v1.json")).Json;

        var answer = await edge.SendAsync(new HttpMethod(method), path, body is null ? null : System.Text.Encoding.UTF8.GetBytes(body));

        Assert.True(status == answer.Status, answer.Text);
        var operation = document.GetProperty("paths").GetProperty(template).GetProperty(method.ToLowerInvariant());
        Assert.False(string.IsNullOrEmpty(operation.GetProperty("summary").GetString()));
        var described = operation.GetProperty("responses").GetProperty(status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var schema = described.GetProperty("content").GetProperty(answer.MediaType!).GetProperty("schema");
        Compare(document, schema, answer.Json, "$");
    }

    [Fact]
    public async Task every_endpoint_is_described_with_summary_and_its_refusals()
    {
        await using var edge = await Edge.StartAsync();

        var paths = (await edge.GetAsync("/openapi/v1.json")).Json.GetProperty("paths");

        var operations = paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => (Name: $"{operation.Name} {path.Name}", Operation: operation.Value))).ToArray();
        Assert.Equal(41, operations.Length);
        Assert.All(operations, operation => Assert.False(string.IsNullOrEmpty(operation.Operation.GetProperty("summary").GetString())));
        Assert.All(operations.Where(operation => operation.Name.Contains("/v1/", StringComparison.Ordinal)), operation => Assert.True(operation.Operation.GetProperty("responses").TryGetProperty("503", out _), operation.Name));
        Assert.All(operations.Where(operation => operation.Name is "post /v1/decisions" or "post /v1/touchpoints" or "put /v1/catalog"),
            operation => Assert.True(operation.Operation.TryGetProperty("requestBody", out _), operation.Name));
    }

    [Fact]
    public async Task every_part_of_an_address_is_a_parameter_and_no_other_document_is_served()
    {
        await using var edge = await Edge.StartAsync();

        var paths = (await edge.GetAsync("/openapi/v1.json")).Json.GetProperty("paths");

        foreach (var path in paths.EnumerateObject())
        {
            var parts = path.Name.Split('/').Where(part => part.StartsWith('{')).Select(part => part.Trim('{', '}')).ToArray();
            Assert.All(path.Value.EnumerateObject(), operation => Assert.Equal(parts, Parameters(operation.Value, "path")));
        }

        (await edge.GetAsync("/openapi/v2.json")).AssertProblem(404);
    }

    [Theory]
    [InlineData("put", "/v1/catalog", "If-Match author comment")]
    [InlineData("post", "/v1/catalog/rollback", "If-Match author comment")]
    [InlineData("put", "/v1/catalog/drafts/{name}", "If-Match author basedOn comment")]
    [InlineData("post", "/v1/catalog/drafts/{name}/publish", "If-Match author comment")]
    [InlineData("get", "/v1/catalog", "If-None-Match")]
    [InlineData("get", "/v1/catalog/versions", "before limit")]
    [InlineData("get", "/v1/catalog/versions/{version}/changes", "since")]
    [InlineData("get", "/v1/customers/{id}/facts", "after limit")]
    [InlineData("get", "/v1/segments/{id}/overlap", "with")]
    [InlineData("post", "/v1/touchpoints", "commit")]
    public async Task what_a_call_takes_beside_its_body_is_described(string method, string path, string names)
    {
        await using var edge = await Edge.StartAsync();

        var operation = (await edge.GetAsync("/openapi/v1.json")).Json.GetProperty("paths").GetProperty(path).GetProperty(method);

        Assert.Equal(names, string.Join(' ', Parameters(operation, "query", "header").Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task a_parameter_that_a_call_does_not_describe_or_that_comes_twice_is_refused_by_name()
    {
        await using var edge = await Edge.StartAsync();
        var paths = (await edge.GetAsync("/openapi/v1.json")).Json.GetProperty("paths");

        foreach (var (method, path, operation) in paths.EnumerateObject().Where(path => path.Name.StartsWith("/v1/", StringComparison.Ordinal))
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (new HttpMethod(operation.Name.ToUpperInvariant()), path.Name, operation.Value))))
        {
            var address = path.Replace("{version}", "7", StringComparison.Ordinal).Replace("{name}", "spring", StringComparison.Ordinal).Replace("{id}", "a", StringComparison.Ordinal);
            var known = Parameters(operation, "query");

            var unknown = await edge.SendAsync(method, address + "?nosuch=1", "{}"u8.ToArray());

            Assert.True(unknown.Status == 400, $"{method} {path}: {unknown.Status}");
            Assert.StartsWith("is not a known parameter; ", Assert.Single(unknown.ErrorsOf("nosuch")), StringComparison.Ordinal);
            Assert.All(known, name => Assert.Contains(name, unknown.ErrorsOf("nosuch")[0], StringComparison.Ordinal));
            foreach (var name in known)
            {
                var twice = await edge.SendAsync(method, $"{address}?{name}=1&{name}=1", "{}"u8.ToArray());
                Assert.Equal("appears more than once", Assert.Single(twice.ErrorsOf(name)));
            }
        }

        Assert.Equal(0, edge.Node.Calls);
    }

    [Fact]
    public async Task what_is_refused_before_any_endpoint_is_asked_is_described_with_each()
    {
        await using var edge = await Edge.StartAsync();
        var paths = (await edge.GetAsync("/openapi/v1.json")).Json.GetProperty("paths");

        var other = await edge.SendAsync(HttpMethod.Post, "/v1/campaigns/autumn/pause", null, null, ("Sec-Fetch-Site", "cross-site"));
        var coded = await edge.SendAsync(HttpMethod.Get, "/v1/campaigns", [], null, ("Content-Encoding", "gzip"));

        other.AssertProblem(403);
        coded.AssertProblem(415);
        foreach (var operation in paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject()))
        {
            var refusals = operation.Value.GetProperty("responses");
            Assert.Equal(operation.Name == "post", refusals.TryGetProperty("403", out _));
            Assert.Equal("#/components/schemas/ProblemBody",
                refusals.GetProperty("415").GetProperty("content").GetProperty("application/problem+json").GetProperty("schema").GetProperty("$ref").GetString());
        }
    }

    [Theory]
    [InlineData("POST", "/v1/decisions", "/v1/decisions", """{"customerId":"c","placements":[{"id":"a"}]}""", null)]
    [InlineData("GET", "/v1/catalog", "/v1/catalog", null, null)]
    [InlineData("PUT", "/v1/catalog", "/v1/catalog", "{}", null)]
    [InlineData("PUT", "/v1/catalog", "/v1/catalog", "{}", "\"v6\"")]
    [InlineData("PUT", "/v1/catalog", "/v1/catalog", "{}", "\"v7\"")]
    [InlineData("GET", "/v1/catalog/versions/{version}", "/v1/catalog/versions/7", null, null)]
    [InlineData("POST", "/v1/catalog/rollback", "/v1/catalog/rollback", """{"version":3}""", null)]
    [InlineData("PUT", "/v1/catalog/drafts/{name}", "/v1/catalog/drafts/spring", "{}", null)]
    [InlineData("PUT", "/v1/catalog/drafts/{name}", "/v1/catalog/drafts/spring", "{}", "\"other\"")]
    [InlineData("GET", "/v1/catalog/drafts/{name}", "/v1/catalog/drafts/spring", null, null)]
    [InlineData("POST", "/v1/catalog/drafts/{name}/publish", "/v1/catalog/drafts/spring/publish", null, "\"v6\"")]
    [InlineData("POST", "/v1/reach", "/v1/reach", "{}", null)]
    public async Task an_answers_headers_and_what_its_refusal_says_beside_are_described(string method, string template, string path, string? body, string? match)
    {
        string[] everywhere = ["Content-Type", "Content-Length", "Transfer-Encoding", "Date", "Server", "Cache-Control"];
        await using var edge = await Edge.StartAsync();
        await edge.SendAsync(HttpMethod.Put, "/v1/catalog/drafts/spring", "{}"u8.ToArray());
        var document = (await edge.GetAsync("/openapi/v1.json")).Json;

        var answer = await edge.SendAsync(new HttpMethod(method), path, body is null ? null : System.Text.Encoding.UTF8.GetBytes(body), null, match is null ? [] : [("If-Match", match)]);

        var described = document.GetProperty("paths").GetProperty(template).GetProperty(method.ToLowerInvariant())
            .GetProperty("responses").GetProperty(answer.Status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.All(answer.Headers.Keys.Except(everywhere, StringComparer.OrdinalIgnoreCase), name => Assert.True(described.TryGetProperty("headers", out var headers) && headers.TryGetProperty(name, out _), $"{answer.Status} {name}"));
        if (answer.Status >= 400)
        {
            Compare(document, described.GetProperty("content").GetProperty(answer.MediaType!).GetProperty("schema"), answer.Json, "$");
        }
    }

    [Fact]
    public async Task the_address_of_the_server_and_a_path_make_an_address()
    {
        await using var edge = await Edge.StartAsync();

        var server = (await edge.GetAsync("/openapi/v1.json")).Json.GetProperty("servers")[0].GetProperty("url").GetString()!;

        Assert.Equal("/healthz", new Uri(server + "/healthz").AbsolutePath);
    }

    [Theory]
    [InlineData("DecisionRequestBody", "context")]
    [InlineData("TouchpointBody", "properties")]
    [InlineData("TouchpointBody", "set")]
    [InlineData("ProfileBody", "attributes")]
    [InlineData("CustomerBody", "attributes")]
    [InlineData("JsonObject", null)]
    public async Task what_takes_names_of_the_callers_own_says_so(string schema, string? member)
    {
        await using var edge = await Edge.StartAsync();

        var bag = (await edge.GetAsync("/openapi/v1.json")).Json.GetProperty("components").GetProperty("schemas").GetProperty(schema);
        bag = member is null ? bag : bag.GetProperty("properties").GetProperty(member);

        Assert.Equal("{}", JsonSerializer.Serialize(bag.GetProperty("additionalProperties")));
    }

    [Fact]
    public async Task every_problem_type_is_explained_at_its_address()
    {
        await using var edge = await Edge.StartAsync();

        foreach (var problem in PmOrleans.Gateway.Http.Problem.All)
        {
            var answer = await edge.GetAsync($"/problems/{problem.Code}");
            Assert.Contains(problem.Advice, answer.Text, StringComparison.Ordinal);
        }

        (await edge.GetAsync("/problems/none")).AssertProblem(404);
    }

    private static string[] Parameters(JsonElement operation, params string[] places) =>
        operation.TryGetProperty("parameters", out var parameters)
            ? [.. parameters.EnumerateArray().Where(parameter => places.Contains(parameter.GetProperty("in").GetString(), StringComparer.Ordinal)).Select(parameter => parameter.GetProperty("name").GetString()!)]
            : [];

    private static void Compare(JsonElement document, JsonElement schema, JsonElement value, string path)
    {
        while (schema.TryGetProperty("$ref", out var reference))
        {
            schema = document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        }

        if (schema.TryGetProperty("oneOf", out var choices))
        {
            schema = choices.EnumerateArray().First(choice => !(choice.TryGetProperty("type", out var type) && type.ToString() == "null"));
            Compare(document, schema, value, path);
            return;
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                Compare(document, schema.GetProperty("items"), item, path + "[]");
            }
        }
        else if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var members))
        {
            foreach (var member in value.EnumerateObject())
            {
                Assert.True(members.TryGetProperty(member.Name, out var described), $"{path}.{member.Name} is answered and not described");
                Compare(document, described, member.Value, $"{path}.{member.Name}");
            }

            foreach (var required in schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()!) : [])
            {
                Assert.True(value.TryGetProperty(required, out _), $"{path}.{required} is required and not answered");
            }
        }
    }
}
