using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Port;
using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Conformance;

public sealed class OwnerOutageTests : IDisposable
{
    private const string Catalog = """
        catalog: { currency: EUR }
        metrics:
          views: count(view) over 7d
        segments:
          viewers: { rule: metrics.views > 0 }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        """;

    private readonly PostgresServer _server = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(3));

    public void Dispose()
    {
        _server.Dispose();
        _limit.Dispose();
    }

    [CaseFact]
    public async Task figures_of_segments_are_refused_for_now_while_their_owner_cannot_reach_the_store_and_served_again_behind_it()
    {
        var silos = new ThreeSilos(_server);
        var node = await silos.OpenAsync("");
        var bundle = CatalogBundle.Of([new CatalogFile("a.yaml", Catalog)], new DiagnosticBag())!.Bytes;
        Assert.True((await node.PublishAsync(bundle, null, PublishNote.None)).Value?.Published);
        Assert.Null((await node.IngestAsync([new Touchpoint { CustomerId = "c", Type = "view", MessageId = "1" }])).Refusal);
        await UntilAsync(node, replies => replies.All(reply => reply.Value?.Single().Size == 1));

        // What is committed until the end the owner has yet to save: it has to find that it cannot, as the figures are served until then.
        using var stop = new CancellationTokenSource();
        var views = ViewOnAsync(node, stop.Token);
        await UntilAsync(node, replies => replies.All(reply => reply.Value?.Single().Size == 1));
        _server.Kill();
        await stop.CancelAsync();
        var refused = await UntilAsync(node, replies => replies.All(reply => reply.Refusal is not null));
        Assert.All(refused, reply => Assert.Equal(RefusalKind.Unavailable, reply.Refusal!.Kind));
        Assert.All(refused, reply => Assert.NotNull(reply.Refusal!.RetryAfter));

        _server.Start();
        await UntilAsync(node, replies => replies.All(reply => reply.Value?.Single().Size == 1));
        await views;
        await silos.CloseAsync();
    }

    private static async Task ViewOnAsync(IDecisionNode node, CancellationToken stop)
    {
        for (var number = 2; !stop.IsCancellationRequested; number++)
        {
            await node.IngestAsync([new Touchpoint { CustomerId = "c", Type = "view", MessageId = $"{number}" }], CancellationToken.None);
        }
    }

    /// <summary>Asks at all three silos and the gateway at once, until their replies are such.</summary>
    private async Task<Reply<IReadOnlyList<SegmentView>>[]> UntilAsync(IDecisionNode node, Func<Reply<IReadOnlyList<SegmentView>>[], bool> holds)
    {
        while (true)
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => node.ReadSegmentsAsync(_limit.Token).AsTask()));
            if (holds(replies))
            {
                return replies;
            }
        }
    }
}
