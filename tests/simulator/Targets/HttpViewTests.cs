using System.Net;
using System.Text;
using PmOrleans.Simulator.Targets;

namespace PmOrleans.Simulator.Tests.Targets;

public sealed class HttpViewTests
{
    [Fact]
    public async Task campaigns_are_seen_with_the_money_of_their_accounts()
    {
        var view = Answering("""
            { "campaigns": [
              { "id": "a", "total": null, "today": { "budget": 10, "settled": 2.5, "reserved": 0.5 }, "price": 1.25, "offers": [ { "settled": 2 }, { "settled": 3 } ] },
              { "id": "b", "price": null, "offers": [] } ] }
            """);

        var seen = await view.CampaignsAsync();

        Assert.Equal("a b", string.Join(' ', seen.Select(campaign => campaign.Id)));
        Assert.Equal((5, 2.5, .5, 1.25), (seen[0].Spent, seen[0].Today!.Value.Settled, seen[0].Today!.Value.Reserved, seen[0].Price));
        Assert.Null(seen[0].Total);
        Assert.Equal(0, seen[1].Spent);
    }

    [Fact]
    public async Task segments_without_a_size_are_left_out()
    {
        var view = Answering("""{ "segments": [ { "id": "vip", "size": 3 }, { "id": "asked", "size": null }, { "id": "other" } ] }""");

        Assert.Equal("vip", (await view.SegmentSizesAsync()).Keys.Single());
    }

    [Fact]
    public async Task a_cap_is_used_by_what_is_counted_and_what_is_reserved()
    {
        var view = Answering("""{ "segments": ["vip"], "caps": [ { "id": "day", "event": "impression", "limit": 5, "counted": 2, "reserved": 1 } ] }""");

        var seen = await view.CustomerAsync("c/1");

        Assert.Equal("vip", seen!.Segments.Single());
        Assert.Equal(3, seen.Caps.Single().Used);
    }

    [Fact]
    public async Task a_customer_who_has_not_come_yet_is_none() => Assert.Null(await Answering("{}", HttpStatusCode.NotFound).CustomerAsync("c-1"));

    [Theory]
    [InlineData("{}", HttpStatusCode.InternalServerError)]
    [InlineData("{}", HttpStatusCode.OK)]
    [InlineData("<html>", HttpStatusCode.OK)]
    [InlineData("""{ "campaigns": 3 }""", HttpStatusCode.OK)]
    public async Task what_is_no_answer_is_an_engine_lost(string body, HttpStatusCode status) =>
        await Assert.ThrowsAsync<EngineLostException>(() => Answering(body, status).CampaignsAsync());

    private static HttpView Answering(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new(new HttpClient(new Answer(body, status)) { BaseAddress = new Uri("http://gateway") });

    private sealed class Answer(string body, HttpStatusCode status) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") });
    }
}
