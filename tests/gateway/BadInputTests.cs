using System.Text;

namespace PmOrleans.Gateway.Tests;

/// <summary>P8: a bad input is refused whole, naming the field; what was there stays.</summary>
public sealed class BadInputTests
{
    public static TheoryData<string, string, string> Touchpoints => new()
    {
        { "customerId", """{"customerId":"","type":"view"}""", "is empty; 1 to 256" },
        { "customerId", """{"customerId":"   ","type":"view"}""", "is empty" },
        { "customerId", $$"""{"customerId":"{{new string('x', 257)}}","type":"view"}""", "has 257 characters; allowed are 1 to 256" },
        { "customerId", """{"customerId":"a\u0007b","type":"view"}""", "control character U+0007" },
        { "customerId", """{"customerId":"a\u0085b","type":"view"}""", "control character U+0085" },
        { "customerId", """{"customerId":"a\ud800","type":"view"}""", "lone surrogate" },
        { "customerId", """{"customerId":".","type":"view"}""", "is '.', which cannot stand in an address" },
        { "customerId", """{"customerId":"\u002e. ","type":"view"}""", "is '..', which cannot stand in an address" },
        { "decisionId", """{"customerId":"c","type":"view","decisionId":".."}""", "is '..', which cannot stand in an address" },
        { "customerId", """{"customerId":7,"type":"view"}""", "must be a string, not a number" },
        { "customerId", """{"customerId":null,"type":"view"}""", "is required" },
        { "customerId", """{"customerId":"a","customerId":"b","type":"view"}""", "more than once" },
        { "customerId", """{"customerId":"a","\u0063ustomerId":"b","type":"view"}""", "more than once" },
        { "type", """{"customerId":"c","type":["view"]}""", "must be a string, not an array" },
        { "type", $$"""{"customerId":"c","type":"{{new string('x', 129)}}"}""", "allowed are 1 to 128" },
        { "Type", """{"customerId":"c","Type":"view","type":"view"}""", "did you mean 'type'?" },
        { "value", """{"customerId":"c","type":"v","value":-0.01}""", "allowed are 0 to 1000000000000" },
        { "value", """{"customerId":"c","type":"v","value":1e999}""", "allowed are 0 to 1000000000000" },
        { "value", """{"customerId":"c","type":"v","value":1000000000000.01}""", "allowed are 0 to 1000000000000" },
        { "value", """{"customerId":"c","type":"v","value":"5"}""", "must be a number, not a string" },
        { "currency", """{"customerId":"c","type":"v","currency":"EURO"}""", "ISO 4217" },
        { "at", """{"customerId":"c","type":"v","at":"2026-11-21T10:00:00"}""", "needs an offset such as Z or +08:00" },
        { "at", """{"customerId":"c","type":"v","at":"yesterday"}""", "must be a time such as" },
        { "at", """{"customerId":"c","type":"v","at":"2026-02-30T10:00:00Z"}""", "not a day of the calendar" },
        { "at", """{"customerId":"c","type":"v","at":"2026-11-21T25:00:00Z"}""", "not a time of day" },
        { "at", """{"customerId":"c","type":"v","at":"0001-01-01T00:00:00+08:00"}""", "outside of the years 0001 to 9999" },
        { "at", """{"customerId":"c","type":"v","at":"9999-12-31T23:59:59-08:00"}""", "outside of the years 0001 to 9999" },
        { "at", """{"customerId":"c","type":"v","at":1795255200}""", "must be a string with a time" },
        { "properties", "{\"customerId\":\"c\",\"type\":\"v\",\"properties\":{" + string.Join(',', Enumerable.Range(0, 65).Select(i => $"\"p{i}\":1")) + "}}", "has 65 members; allowed are 0 to 64" },
        { "properties.p", "{\"customerId\":\"c\",\"type\":\"v\",\"properties\":{\"p\":\"" + new string('x', 4097) + "\"}}", "allowed are 0 to 4096" },
        { "properties.p", """{"customerId":"c","type":"v","properties":{"p":1e999}}""", "is 1e999" },
        { "properties.p", """{"customerId":"c","type":"v","properties":{"p":1,"p":2}}""", "more than once" },
        { "properties.p", """{"customerId":"c","type":"v","properties":{"p":{"a":1,"a":2}}}""", "more than once" },
        { "properties.p", """{"customerId":"c","type":"v","properties":{"p":["\udc00"]}}""", "lone surrogate" },
        { "properties", """{"customerId":"c","type":"v","properties":{"":1}}""", "is empty" },
        { "properties", """{"customerId":"c","type":"v","properties":[1]}""", "must be an object, not an array" },
        { "set", """{"customerId":"c","type":"view","set":{"a":1}}""", "belongs to type identify" },
        { "unset[1]", """{"customerId":"c","type":"identify","unset":["a","a"]}""", "each once" },
        { "state", """{"customerId":"c","type":"consent","purpose":"p","state":"yes"}""", "allowed are granted and denied" },
        { "body", "", "is empty" },
        { "body", " \n ", "is empty" },
        { "body", "null", "must be an object, not null" },
        { "body", "\"text\"", "must be an object, not a string" },
        { "body", """{"customerId":"c","type":"view"} x""", "not valid JSON at line 1, column 34" },
        { "body", """{"customerId":"新的é","type":"view"} x""", "not valid JSON at line 1, column 36" },
        { "body", "{\n\"customerId\":\"新\",\n\"type\":\"新😀\" x}", "not valid JSON at line 3, column 14" },
        { "body", """{"customerId":"c","type":"view"}{}""", "not valid JSON" },
        { "body", "{\n\"customerId\" \"c\"}", "not valid JSON at line 2" },
        { "body", """{"customerId":"c","type":"view","value":NaN}""", "not valid JSON" },
        { "body", """{"customerId":"c","type":"view","value":01}""", "not valid JSON" },
        { "body", """{'customerId':'c'}""", "not valid JSON" },
        { "body", """{"customerId":"c","type":"view",}""", "not valid JSON" },
        { "body", """{"customerId":"c","type":"view" /* no */}""", "not valid JSON" },
    };

    [Theory]
    [MemberData(nameof(Touchpoints))]
    public async Task a_mistake_is_named_with_its_value_or_limit(string field, string body, string expected)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/touchpoints", body);

        answer.AssertProblem(400);
        Assert.True(answer.ErrorsOf(field).Any(message => message.Contains(expected, StringComparison.Ordinal)), answer.Text);
        Assert.Equal(0, edge.Node.Calls);
    }

    [Theory]
    [InlineData("/v1/decisions")]
    [InlineData("/v1/touchpoints")]
    public async Task bytes_that_are_not_utf8_are_refused(string path)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.SendAsync(HttpMethod.Post, path, [.. "{\"customerId\":\""u8, 0xC3, 0x28, .. "\"}"u8]);

        answer.AssertProblem(400);
        Assert.Equal(["is not valid UTF-8"], answer.ErrorsOf("body"));
    }

    [Theory]
    [InlineData("/v1/decisions", "POST")]
    [InlineData("/v1/touchpoints", "POST")]
    [InlineData("/v1/catalog/validate", "POST")]
    [InlineData("/v1/catalog", "PUT")]
    public async Task a_hundred_thousand_levels_are_refused_at_the_first_that_is_too_deep(string path, string method)
    {
        await using var edge = await Edge.StartAsync();
        var deep = new string('[', 200_000);

        var answer = await edge.SendAsync(new HttpMethod(method), path, Encoding.UTF8.GetBytes("{\"properties\":" + deep));

        answer.AssertProblem(400);
        Assert.Contains("depth", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/decisions", "POST")]
    [InlineData("/v1/touchpoints", "POST")]
    [InlineData("/v1/catalog/validate", "POST")]
    [InlineData("/v1/catalog", "PUT")]
    public async Task another_content_type_or_charset_is_a_415(string path, string method)
    {
        await using var edge = await Edge.StartAsync();

        foreach (var type in new[] { "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "nonsense", null })
        {
            var answer = await edge.SendAsync(new HttpMethod(method), path, "{}"u8.ToArray(), type);
            answer.AssertProblem(415);
            Assert.StartsWith($"Content-Type is {(type is null ? "missing" : $"'{type}'")}; needed is application/json", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.Equal(path == "/v1/touchpoints", answer.Text.Contains("application/x-ndjson", StringComparison.Ordinal));
        }

        Assert.Equal(0, edge.Node.Calls);
    }

    [Theory]
    [InlineData("cross-site", null, 403)]
    [InlineData("same-site", "text/plain", 403)]
    [InlineData("cross-site", "application/x-www-form-urlencoded", 403)]
    [InlineData("cross-site", "application/json", 200)]
    [InlineData("same-origin", null, 200)]
    [InlineData("none", null, 200)]
    [InlineData(null, null, 200)]
    public async Task a_page_of_another_site_can_switch_nothing_through_somebodys_browser(string? site, string? contentType, int status)
    {
        await using var edge = await Edge.StartAsync();
        (string, string)[] headers = site is null ? [] : [("Sec-Fetch-Site", site)];

        var answer = await edge.SendAsync(HttpMethod.Post, "/v1/offers/a/out-of-stock", contentType is null ? null : status == 200 ? [] : "{}"u8.ToArray(), contentType, headers);

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200 ? 1 : 0, edge.Node.Stock.Count);
        if (status == 403)
        {
            answer.AssertProblem(403);
        }
    }

    [Fact]
    public async Task a_compressed_body_is_a_415_that_names_the_coding()
    {
        await using var edge = await Edge.StartAsync();
        var body = Encoding.UTF8.GetBytes(Samples.TouchpointJson);

        var coded = await edge.SendAsync(HttpMethod.Post, "/v1/touchpoints", body, headers: ("Content-Encoding", "gzip"));
        var plain = await edge.SendAsync(HttpMethod.Post, "/v1/touchpoints", body, headers: ("Content-Encoding", "identity"));

        coded.AssertProblem(415);
        Assert.Contains("Content-Encoding is 'gzip'", coded.Text, StringComparison.Ordinal);
        Assert.Equal("identity", coded.Headers["Accept-Encoding"]);
        Assert.Equal(202, plain.Status);
        Assert.Single(edge.Node.Ingested);
    }

    [Fact]
    public async Task a_broken_body_is_described_to_its_writer()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/touchpoints", """{"customerId":"c","type":"view",}""");

        Assert.EndsWith("contains a trailing comma at the end", Assert.Single(answer.ErrorsOf("body")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_broken_line_is_named_by_its_line_in_the_body()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/touchpoints", Samples.TouchpointJson.ReplaceLineEndings(" ") + "\n\n{\"customerId\":\"c\",\"ty\n", "application/x-ndjson");

        Assert.Equal(202, answer.Status);
        Assert.Contains("is not valid JSON at line 3, column ", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_body_over_the_limit_is_a_413_that_names_the_limit()
    {
        await using var edge = await Edge.StartAsync(new GatewayOptions { MaxDecisionBytes = 2_000, MaxTouchpointBytes = 2_000, MaxCatalogBytes = 2_000 }, sockets: true);
        var large = Encoding.UTF8.GetBytes(new string(' ', 2_001));

        foreach (var (method, path) in new[] { ("POST", "/v1/decisions"), ("POST", "/v1/touchpoints"), ("PUT", "/v1/catalog") })
        {
            var told = await edge.SendAsync(new HttpMethod(method), path, large);
            var chunked = await edge.SendAsync(new HttpMethod(method), path, large, "application/json", ("Transfer-Encoding", "chunked"));

            Assert.Contains("has 2001 bytes; allowed are 2000", told.AssertProblem(413).Text, StringComparison.Ordinal);
            Assert.Contains("allowed are 2000", chunked.AssertProblem(413).Text, StringComparison.Ordinal);
        }

        Assert.Equal(0, edge.Node.Calls);
    }

    [Theory]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("GET", "/v1/decisions", 405)]
    [InlineData("DELETE", "/v1/catalog", 405)]
    [InlineData("GET", "/v1/customers/%20", 400)]
    [InlineData("GET", "/v1/customers/a%01b", 400)]
    [InlineData("GET", "/v1/customers/c/facts?limit=0", 400)]
    [InlineData("GET", "/v1/customers/c/facts?limit=1001", 400)]
    [InlineData("GET", "/v1/customers/c/facts?after=-1", 400)]
    [InlineData("GET", "/v1/customers/c/facts?after=x", 400)]
    [InlineData("GET", "/v1/campaigns/none", 404)]
    public async Task a_wrong_address_is_a_problem_document_too(string method, string path, int status)
    {
        await using var edge = await Edge.StartAsync(sockets: true);

        var answer = await edge.SendAsync(new HttpMethod(method), path);

        answer.AssertProblem(status);
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("%E5%AE%A2", "客")]
    [InlineData("a+b", "a+b")]
    [InlineData("%20Ab%20", "Ab")]
    [InlineData("a%3Fb%23", "a?b#")]
    public async Task an_id_in_a_path_is_decoded_once(string encoded, string id)
    {
        await using var edge = await Edge.StartAsync(sockets: true);

        var answer = await edge.GetAsync($"/v1/customers/{encoded}");

        Assert.Equal(id, answer.Json.GetProperty("customerId").GetString());
    }

    [Fact]
    public async Task a_byte_order_mark_is_no_mistake_of_the_customer()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.SendAsync(HttpMethod.Post, "/v1/touchpoints", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Samples.TouchpointJson)]);

        Assert.Equal(202, answer.Status);
    }

    [Theory]
    [InlineData("/v1/campaigns/autumn/pause")]
    [InlineData("/v1/campaigns/autumn/resume")]
    [InlineData("/v1/offers/o-1/in-stock")]
    [InlineData("/v1/offers/o-1/out-of-stock")]
    public async Task A_call_whose_address_says_all_takes_no_body(string path)
    {
        await using var edge = await Edge.StartAsync();

        var refused = (await edge.PostAsync(path, """{ "inStock": false }""")).AssertProblem(400);
        var taken = await edge.PostAsync(path, "");

        Assert.Contains("is taken by no call of this address", Assert.Single(refused.ErrorsOf("body")), StringComparison.Ordinal);
        Assert.Equal(200, taken.Status);
    }
}
