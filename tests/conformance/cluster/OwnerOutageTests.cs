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
    public async Task figures_of_segments_are_right_or_refused_for_now_while_their_owner_cannot_reach_the_store_and_right_again_behind_it()
    {
        var silos = new ThreeSilos(_server);
        var node = await silos.OpenAsync("");
        var bundle = CatalogBundle.Of([new CatalogFile("a.yaml", Catalog)], new DiagnosticBag())!.Bytes;
        Assert.True((await node.PublishAsync(bundle, null, PublishNote.None)).Value?.Published);
        Assert.Null((await node.IngestAsync([new Touchpoint { CustomerId = "c", Type = "view", MessageId = "1" }])).Refusal);
        await UntilAsync(node, replies => replies.All(reply => reply.Value?.Single().Size == 1));

        // Until the end something is committed: an owner that has yet to save it finds that it cannot, and goes. One that has saved all serves on, and what it has is all there is.
        using var stop = new CancellationTokenSource();
        var views = ViewOnAsync(node, stop.Token);
        await UntilAsync(node, replies => replies.All(reply => reply.Value?.Single().Size == 1));
        _server.Kill();
        await stop.CancelAsync();
        var rounds = 0;
        await UntilAsync(node, replies =>
        {
            Assert.All(replies.Where(reply => !reply.IsRefused), reply => Assert.Equal(1, reply.Value!.Single().Size));
            Assert.All(replies.Where(reply => reply.IsRefused), reply => Assert.Equal(RefusalKind.Unavailable, reply.Refusal!.Kind));
            Assert.All(replies.Where(reply => reply.IsRefused), reply => Assert.NotNull(reply.Refusal!.RetryAfter));
            return replies.All(reply => reply.IsRefused) || ++rounds == 5_000;
        });

        _server.Start();
        await UntilAsync(node, replies => replies.All(reply => reply.Value?.Single().Size == 1));
        await views;
        await silos.CloseAsync();

        // An outage is no error of a grain: each would be two stacks in the log, several times a second.
        Assert.Empty(silos.Errors.Said);
    }

    private static async Task ViewOnAsync(IDecisionNode node, CancellationToken stop)
    {
        for (var number = 2; !stop.IsCancellationRequested; number++)
        {
            await node.IngestAsync([new Touchpoint { CustomerId = "c", Type = "view", MessageId = $"{number}" }], CancellationToken.None);
        }
    }

    /// <summary>Asks at all three silos and the gateway at once, until their replies are such.</summary>
    private async Task UntilAsync(IDecisionNode node, Func<Reply<IReadOnlyList<SegmentView>>[], bool> holds)
    {
        while (true)
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => node.ReadSegmentsAsync(_limit.Token).AsTask()));
            if (holds(replies))
            {
                return;
            }
        }
    }
}
