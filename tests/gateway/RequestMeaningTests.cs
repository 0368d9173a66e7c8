using System.Text;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Decisions;

namespace PmOrleans.Gateway.Tests;

public sealed class RequestMeaningTests
{
    private const string Base =
        """{"customerId":"c","placements":[{"id":"a","exclude":["x","y"]}],"context":{"n":1,"o":{"p":1,"q":[true]}},"touchpoints":[{"type":"view","properties":{"k":"v","l":2}}]}""";

    [Theory]
    [InlineData("""{ "touchpoints":[{"properties":{"l":2.0,"k":"v"},"type":" view "}], "context":{"o":{"q":[ true ],"p":1e0},"n":1}, "placements":[{"exclude":["y","x"],"count":1.0,"id":"a"}],"customerId":" c" }""")]
    [InlineData("""{"customerId":"c","deadlineMs":5,"explain":true,"placements":[{"id":"a","exclude":["x","y"]}],"context":{"n":1,"o":{"p":1,"q":[true]}},"touchpoints":[{"customerId":"c","type":"view","properties":{"k":"v","l":2}}]}""")]
    public void spelling_order_deadline_and_explain_do_not_change_the_meaning(string other)
    {
        Assert.Equal(Hash(Base), Hash(other));
    }

    [Theory]
    [InlineData("\"c\"", "\"C\"")]
    [InlineData("\"a\"", "\"b\"")]
    [InlineData("\"y\"", "\"z\"")]
    [InlineData("\"n\":1", "\"n\":2")]
    [InlineData("\"n\":1", "\"n\":\"1\"")]
    [InlineData("\"n\":1", "\"n\":true")]
    [InlineData("\"p\":1", "\"p\":2")]
    [InlineData("\"l\":2", "\"l\":3")]
    [InlineData("\"view\"", "\"views\"")]
    [InlineData("{\"id\":\"a\"", "{\"count\":2,\"id\":\"a\"")]
    [InlineData("\"type\":\"view\"", "\"type\":\"view\",\"messageId\":\"m\"")]
    [InlineData("\"type\":\"view\"", "\"type\":\"view\",\"value\":0")]
    [InlineData("{\"customerId\"", "{\"dryRun\":true,\"customerId\"")]
    public void whatever_changes_the_meaning_changes_the_hash(string was, string becomes)
    {
        Assert.NotEqual(Hash(Base), Hash(Base.Replace(was, becomes, StringComparison.Ordinal)));
    }

    [Fact]
    public void the_hash_is_kept_in_logs_and_stays_what_it_is()
    {
        Assert.Equal(HashOfRelease1, Hash(Samples.DecisionJson));
    }

    private const ulong HashOfRelease1 = 12_400_895_135_607_272_192;

    private static ulong Hash(string json)
    {
        var errors = new ErrorList();
        var request = DecisionParser.Read(Encoding.UTF8.GetBytes(json), acceptsAt: false, errors);
        Assert.True(errors.IsEmpty, string.Join(';', errors.ToDictionary().Select(error => error.Key + ' ' + error.Value[0])));
        return request!.BodyHash;
    }
}
