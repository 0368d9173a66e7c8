using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Tests;

public sealed class LogPrivacyTests
{
    private const string Secret = "secret-customer-4711";

    [Fact]
    public async Task no_customer_is_ever_named_in_a_log_not_even_when_something_breaks()
    {
        var node = new FakeNode
        {
            OnDecide = (request, _) => throw new InvalidOperationException($"broken for {request.CustomerId}"),
            OnReadCustomer = id => id.EndsWith('1') ? throw new InvalidOperationException($"broken for {id}") : new Refusal(RefusalKind.NotFound, $"no {id}"),
        };
        await using var edge = await Edge.StartAsync(node: node, sockets: true);

        var broken = await edge.PostAsync("/v1/decisions", Samples.DecisionJson.Replace("c-42", Secret, StringComparison.Ordinal));
        var read = await edge.GetAsync($"/v1/customers/{Secret}");
        var missing = await edge.GetAsync($"/v1/customers/{Secret}2/facts?after={Secret}");
        await edge.SendAsync(HttpMethod.Delete, $"/v1/customers/{Secret}");
        await edge.PostAsync("/v1/touchpoints", $$"""{"customerId":"{{Secret}}" "type":"x"}""");
        await edge.GetAsync($"/nowhere/{Secret}");

        broken.AssertProblem(500);
        read.AssertProblem(500);
        missing.AssertProblem(400);
        Assert.DoesNotContain(Secret, edge.Logs.All, StringComparison.Ordinal);
        Assert.Contains("A request to /v1/decisions broke with System.InvalidOperationException", edge.Logs.All, StringComparison.Ordinal);
        Assert.Contains(broken.Json.GetProperty("traceId").GetString()!, edge.Logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain("broken for", broken.Text, StringComparison.Ordinal);
    }
}
