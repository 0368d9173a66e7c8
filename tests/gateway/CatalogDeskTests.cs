using System.Text;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Tests;

/// <summary>Drafts, history, trials and the stock switch at the edge.</summary>
public sealed class CatalogDeskTests
{
    private static readonly byte[] Bundle = "{\"files\":{}}"u8.ToArray();

    [Fact]
    public async Task publishing_over_somebody_elses_publish_tells_who_it_was_and_what_changed_since()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.SendAsync(HttpMethod.Put, "/v1/catalog", Bundle, "application/json", ("If-Match", "\"v6\""));

        answer.AssertProblem(412);
        Assert.Equal("/problems/precondition-failed", answer.Json.GetProperty("type").GetString());
        Assert.Contains(", published by li (spring) at ", answer.Json.GetProperty("detail").GetString());
        Assert.Equal("li", answer.Json.GetProperty("versions")[0].GetProperty("author").GetString());
        Assert.Equal("o-1", answer.Json.GetProperty("changes")[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task a_draft_is_saved_read_validated_and_published_against_the_version_it_was_based_on()
    {
        await using var edge = await Edge.StartAsync();

        var saved = await edge.SendAsync(HttpMethod.Put, "/v1/catalog/drafts/spring?author=%E6%9D%8E&comment=a%20b&basedOn=7", Bundle);
        var read = await edge.GetAsync("/v1/catalog/drafts/spring");
        var stale = await edge.SendAsync(HttpMethod.Put, "/v1/catalog/drafts/spring", Bundle, "application/json", ("If-Match", "\"other\""));
        var published = await edge.SendAsync(HttpMethod.Post, "/v1/catalog/drafts/spring/publish");

        Assert.Equal(200, saved.Status);
        Assert.Equal("李", saved.Json.GetProperty("draft").GetProperty("author").GetString());
        Assert.False(saved.Json.GetProperty("validation").GetProperty("valid").GetBoolean());
        Assert.Equal(saved.Headers["ETag"], read.Headers["ETag"]);
        stale.AssertProblem(412);
        Assert.Equal("/problems/draft-changed", stale.Json.GetProperty("type").GetString());
        Assert.Equal("李", stale.Json.GetProperty("draft").GetProperty("author").GetString());
        Assert.Equal(saved.Headers["ETag"], stale.Headers["ETag"]);
        Assert.Equal(200, published.Status);
        Assert.Equal([7], edge.Node.PublishedAgainst.ToArray());
        Assert.Equal(("李", "a b", "spring"), edge.Node.Notes.Single() is var note ? (note.Author, note.Comment, note.Draft?.Name) : default);
        Assert.Empty(edge.Node.Drafts);
    }

    [Fact]
    public async Task a_draft_based_on_an_older_version_is_not_published_and_kept()
    {
        await using var edge = await Edge.StartAsync();
        await edge.SendAsync(HttpMethod.Put, "/v1/catalog/drafts/spring?basedOn=5", Bundle);

        var refused = await edge.SendAsync(HttpMethod.Post, "/v1/catalog/drafts/spring/publish");
        var forced = await edge.SendAsync(HttpMethod.Post, "/v1/catalog/drafts/spring/publish", null, null, ("If-Match", "\"v7\""));

        refused.AssertProblem(412);
        Assert.Equal(200, forced.Status);
        Assert.Empty(edge.Node.Drafts);
    }

    [Theory]
    [InlineData("other")]
    [InlineData("W/\"other\"")]
    [InlineData("\"one\", \"other\"")]
    public async Task an_if_match_that_is_no_etag_of_a_draft_is_named_and_no_changed_draft(string tag)
    {
        await using var edge = await Edge.StartAsync();
        await edge.SendAsync(HttpMethod.Put, "/v1/catalog/drafts/spring", Bundle);

        var answer = await edge.SendAsync(HttpMethod.Put, "/v1/catalog/drafts/spring", Bundle, "application/json", ("If-Match", tag));

        answer.AssertProblem(400);
        Assert.NotEmpty(answer.ErrorsOf("If-Match"));
    }

    [Theory]
    [InlineData("/v1/catalog/drafts/a%20b", "name")]
    [InlineData("/v1/catalog/drafts/.hidden", "name")]
    [InlineData("/v1/catalog/drafts/spring?basedOn=-1", "basedOn")]
    [InlineData("/v1/catalog/drafts/spring?autor=li", "autor")]
    [InlineData("/v1/catalog/drafts/spring?author=%00", "author")]
    [InlineData("/v1/catalog/drafts/spring?author=%E2%80%AEil", "author")]
    [InlineData("/v1/catalog/drafts/spring?comment=a%E2%80%A8b", "comment")]
    [InlineData("/v1/catalog/drafts/spring?comment=a%E2%81%A6b", "comment")]
    public async Task what_is_wrong_in_the_address_of_a_draft_is_named(string path, string field)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.SendAsync(HttpMethod.Put, path, Bundle);

        answer.AssertProblem(400);
        Assert.NotEmpty(answer.ErrorsOf(field));
        Assert.Empty(edge.Node.Drafts);
    }

    [Fact]
    public async Task rolling_back_publishes_the_old_files_and_says_so()
    {
        await using var edge = await Edge.StartAsync();

        var without = await edge.PostAsync("/v1/catalog/rollback", """{"version":3}""");
        var unknown = await edge.SendAsync(HttpMethod.Post, "/v1/catalog/rollback", """{"version":30}"""u8.ToArray(), "application/json", ("If-Match", "*"));
        var back = await edge.SendAsync(HttpMethod.Post, "/v1/catalog/rollback?author=li", """{"version":3}"""u8.ToArray(), "application/json", ("If-Match", "\"v7\""));

        without.AssertProblem(428);
        unknown.AssertProblem(404);
        Assert.Equal(200, back.Status);
        Assert.Equal(new PublishNote("li", null, 3), edge.Node.Notes.Single());
    }

    [Theory]
    [InlineData("{}", "version")]
    [InlineData("[]", "body")]
    [InlineData("""{"version":"3"}""", "version")]
    [InlineData("""{"version":0}""", "version")]
    [InlineData("""{"version":3,"force":true}""", "force")]
    [InlineData("""{"version":2,"version":3}""", "version")]
    public async Task a_roll_back_that_names_no_version_is_refused(string body, string field)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.SendAsync(HttpMethod.Post, "/v1/catalog/rollback", Encoding.UTF8.GetBytes(body), "application/json", ("If-Match", "*"));

        answer.AssertProblem(400);
        Assert.NotEmpty(answer.ErrorsOf(field));
    }

    [Fact]
    public async Task a_described_customer_becomes_the_touchpoints_that_would_have_made_it()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/preview", """
            { "draft": " spring ", "profile": { "attributes": { "tier": "gold" }, "consents": { "marketing": "granted", "ads": { "app": "denied" } },
              "touchpoints": [ { "type": "purchase", "value": 12.5 } ] }, "placements": [ { "id": "home", "count": 2 } ], "context": { "device": "mobile" } }
            """);

        Assert.Equal(200, answer.Status);
        var request = edge.Node.Previewed.Single();
        Assert.Equal(("spring", true), (request.Catalog.Draft, request.Described));
        Assert.Equal(["identify", "consent", "consent", "purchase"], request.Request.Touchpoints.Select(touchpoint => touchpoint.Type).ToArray());
        Assert.Equal(("app", false), (request.Request.Touchpoints[2].Channel, request.Request.Touchpoints[2].Granted));
        Assert.Equal(12_500_000, request.Request.Touchpoints[3].ValueMicros);
        Assert.Equal(("home", 2), (request.Request.Placements[0].Id, request.Request.Placements[0].Count));
        Assert.True(answer.Json.GetProperty("decision").GetProperty("placements")[0].TryGetProperty("candidates", out _));
    }

    [Fact]
    public async Task what_the_catalog_does_not_allow_is_told_where_it_was_written()
    {
        var node = new FakeNode
        {
            OnPreview = _ => new Refusal(RefusalKind.Invalid, "no", new Dictionary<string, string[]>(StringComparer.Ordinal)
            {
                ["touchpoints[0].set.tier"] = ["a"], ["touchpoints[2].currency"] = ["b"], ["placements[0].count"] = ["c"],
            }),
        };
        await using var edge = await Edge.StartAsync(node: node);

        var answer = await edge.PostAsync("/v1/preview", """
            { "profile": { "attributes": { "tier": "x" }, "touchpoints": [ { "type": "view" }, { "type": "purchase", "value": 1, "currency": "EUR" } ] }, "placements": [ { "id": "a" } ] }
            """);

        answer.AssertProblem(400);
        Assert.Equal(["a"], answer.ErrorsOf("profile.attributes.tier"));
        Assert.Equal(["b"], answer.ErrorsOf("profile.touchpoints[1].currency"));
        Assert.Equal(["c"], answer.ErrorsOf("placements[0].count"));
    }

    [Theory]
    [InlineData("PUT", "/v1/catalog")]
    [InlineData("PUT", "/v1/catalog/drafts/spring")]
    [InlineData("POST", "/v1/catalog/validate")]
    [InlineData("POST", "/v1/catalog/rollback")]
    [InlineData("POST", "/v1/reach")]
    public async Task half_a_character_in_a_catalog_or_a_trial_is_refused_with_its_place(string method, string path)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.SendAsync(new HttpMethod(method), path, Encoding.UTF8.GetBytes("{ \"files\": {},\n  \"新\": 1, \"a\\ud800\": 1 }"));

        answer.AssertProblem(400);
        Assert.Equal(["contains a lone surrogate, which is no character, in what begins at line 2, column 11"], answer.ErrorsOf("body"));
        Assert.Equal(0, edge.Node.Calls);
    }

    [Fact]
    public async Task too_many_touchpoints_of_a_described_customer_are_told_where_they_were_written()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/preview", $$"""
            { "profile": { "touchpoints": [ {{string.Join(", ", Enumerable.Repeat("""{ "type": "view" }""", 101))}} ] }, "placements": [ { "id": "a" } ] }
            """);

        answer.AssertProblem(400);
        Assert.Equal(["has 101 elements; allowed are 0 to 100"], answer.ErrorsOf("profile.touchpoints"));
    }

    [Theory]
    [InlineData("""{"placements":[{"id":"a"}]}""", "customerId")]
    [InlineData("""{"customerId":"c"}""", "placements")]
    [InlineData("""{"customerId":"c","placements":[{"id":"a","count":0}]}""", "placements[0].count")]
    [InlineData("""{"customerId":"c","placements":[{"id":"a"}],"draft":"x","bundle":{}}""", "draft")]
    [InlineData("""{"customerId":"c","placements":[{"id":"a"}],"draft":5}""", "draft")]
    [InlineData("""{"customerId":"c","placements":[{"id":"a"}],"bundle":"x"}""", "bundle")]
    [InlineData("""{"customerId":"c","placements":[{"id":"a"}],"dryRun":true}""", "dryRun")]
    [InlineData("""{"customerId":"c","placements":[{"id":"a"}],"draft":"x","draft":"y"}""", "draft")]
    [InlineData("""{"profile":{"attributes":{},"attributes":{}},"placements":[{"id":"a"}]}""", "profile.attributes")]
    [InlineData("""{"profile":[],"placements":[{"id":"a"}]}""", "profile")]
    [InlineData("""{"profile":{"attribute":{}},"placements":[{"id":"a"}]}""", "profile.attribute")]
    [InlineData("""{"profile":{"consents":{"marketing":"yes"}},"placements":[{"id":"a"}]}""", "profile.consents.marketing")]
    [InlineData("""{"profile":{"consents":{"marketing":{"app":1}}},"placements":[{"id":"a"}]}""", "profile.consents.marketing.app")]
    [InlineData("""{"profile":{"consents":[]},"placements":[{"id":"a"}]}""", "profile.consents")]
    [InlineData("""{"profile":{"attributes":5},"placements":[{"id":"a"}]}""", "profile.attributes")]
    [InlineData("""{"profile":{"attributes":{},"touchpoints":[{"type":"view"},{"tipe":"view"}]},"placements":[{"id":"a"}]}""", "profile.touchpoints[1].tipe")]
    [InlineData("[]", "body")]
    [InlineData("""{"customerId":"c","placements":[{"id":"a"}],"\ud800":1}""", "body")]
    [InlineData("""{"customerId":"c","placements":[{"id":"a"}],"draft":"\udc00"}""", "body")]
    [InlineData("""{"profile":{"attributes":{"\ud800":1}},"placements":[{"id":"a"}]}""", "body")]
    public async Task every_mistake_of_a_preview_is_told_where_it_was_written(string body, string field)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/preview", body);

        answer.AssertProblem(400);
        Assert.True(answer.ErrorsOf(field).Length > 0, answer.Text);
        Assert.Empty(edge.Node.Previewed);
    }

    [Fact]
    public async Task a_draft_with_errors_cannot_be_tried_and_the_errors_are_listed()
    {
        await using var edge = await Edge.StartAsync();

        var preview = await edge.PostAsync("/v1/preview", """{"draft":"broken","customerId":"c","placements":[{"id":"a"}]}""");
        var reach = await edge.PostAsync("/v1/reach", """{"draft":"broken"}""");

        preview.AssertProblem(422);
        reach.AssertProblem(422);
        Assert.Equal("error", preview.Json.GetProperty("problems")[0].GetProperty("severity").GetString());
    }

    [Fact]
    public async Task a_count_is_begun_with_a_202_and_an_address()
    {
        await using var edge = await Edge.StartAsync();

        var started = await edge.PostAsync("/v1/reach", """{"bundle":{"files":{}},"context":{"device":"mobile"}}""");
        var done = await edge.GetAsync("/v1/reach/r-1");
        var none = await edge.GetAsync("/v1/reach/none");
        var wrong = await edge.PostAsync("/v1/reach", """{"context":{"device":{}},"placements":[]}""");

        Assert.Equal((202, "/v1/reach/r-1"), (started.Status, started.Headers["Location"]));
        Assert.Equal("device", edge.Node.Reached.Single().Context.Single().Name);
        Assert.Equal("{\"files\":{}}", Encoding.UTF8.GetString(edge.Node.Reached[0].Choice.Bundle!.Value.Span));
        Assert.Equal("customer.tier == 'gold'", done.Json.GetProperty("offers")[0].GetProperty("removedBy")[0].GetProperty("detail").GetString());
        none.AssertProblem(404);
        wrong.AssertProblem(400);
        Assert.NotEmpty(wrong.ErrorsOf("placements"));
    }

    [Fact]
    public async Task the_stock_switch_takes_ids_as_they_are_percent_encoded()
    {
        await using var edge = await Edge.StartAsync();

        var off = await edge.SendAsync(HttpMethod.Post, "/v1/offers/a%2Fb/out-of-stock");
        var on = await edge.SendAsync(HttpMethod.Post, "/v1/offers/a%2Fb/in-stock");

        Assert.Equal((200, true), (off.Status, off.Json.GetProperty("switchedOff").GetBoolean()));
        Assert.Equal((200, true), (on.Status, on.Json.GetProperty("inStock").GetBoolean()));
        Assert.Equal([("a/b", false), ("a/b", true)], edge.Node.Stock.ToArray());
    }

    [Fact]
    public async Task the_schema_is_served_for_editors()
    {
        await using var edge = await Edge.StartAsync();

        var schema = await edge.GetAsync("/v1/catalog/schema.json");

        Assert.Equal((200, "application/schema+json"), (schema.Status, schema.MediaType));
        Assert.True(schema.Json.GetProperty("properties").TryGetProperty("campaigns", out _));
    }
}
