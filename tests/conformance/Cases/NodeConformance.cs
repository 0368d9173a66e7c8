using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Port;

namespace PmOrleans.Conformance;

/// <summary>What every host of the port must do alike. Each case ends with the verifier's recount of what the host left behind.</summary>
public abstract partial class NodeConformance : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-conformance-").FullName;
    private readonly IHostUnderTest _host;
    private int _strangers;

    protected NodeConformance(IHostUnderTest host) => _host = host;

    private IDecisionNode Node { get; set; } = null!;

    public async Task InitializeAsync() => Node = await _host.OpenAsync(_folder);

    public async Task DisposeAsync()
    {
        await _host.CloseAsync();
        var report = await _host.VerifyAsync(_folder);
        Directory.Delete(_folder, recursive: true);
        Assert.True(report.IsClean, report.ToText());
    }

    private async Task ReopenAsync()
    {
        await _host.CloseAsync();
        Node = await _host.OpenAsync(_folder);
    }

    private async Task<PublishAnswer> PublishAsync(string yaml)
    {
        var answer = Value(await Node.PublishAsync(Bundle(yaml), null, PublishNote.None));
        Assert.True(answer.Published, string.Join('\n', answer.Problems));
        await UntilEverywhereAsync(decision => decision.CatalogVersion >= answer.Version);
        return answer;
    }

    /// <summary>
    /// Each node of a host hears of a version or a pause within a second when all goes well, and by itself when it does not, as on a busy machine: what the cases are
    /// about is what holds then. Strangers are decided for where they are asked for, so two rounds over the nodes have been at each.
    /// </summary>
    private async Task UntilEverywhereAsync(Func<DecisionAnswer, bool> holds)
    {
        using var limit = new CancellationTokenSource(LongEnough);
        for (var inRow = 0; inRow < 8;)
        {
            limit.Token.ThrowIfCancellationRequested();
            var reply = await Node.DecideAsync(Request($"stranger-{_strangers++}") with { DryRun = true });
            inRow = reply.Value is { } answer && holds(answer) ? inRow + 1 : 0;
        }
    }

    private static ReadOnlyMemory<byte> Bundle(string yaml) => CatalogBundle.Of([new CatalogFile("a.yaml", yaml)], new DiagnosticBag())!.Bytes;

    private static DecisionRequest Request(string customer, string? id = null, int count = 1, string channel = "web") => new()
    {
        DecisionId = id,
        CustomerId = customer,
        Placements = [new PlacementRequest("p", count, [])],
        Context = [new Property("channel", PropertyValue.Of(channel))],
    };

    private static Touchpoint Event(string customer, string type, string? message = null, string? decision = null, long? at = null) => new()
    {
        CustomerId = customer,
        Type = type,
        MessageId = message,
        DecisionId = decision,
        AtMicros = at,
    };

    private async Task<IngestAnswer> SendAsync(params Touchpoint[] touchpoints) => Value(await Node.IngestAsync(touchpoints));

    private async Task<OfferAnswer[]> OffersAsync(DecisionRequest request) =>
        [.. Value(await Node.DecideAsync(request)).Placements.SelectMany(placement => placement.Offers).Where(offer => !offer.Fallback)];

    private static T Value<T>(Reply<T> reply)
        where T : class
    {
        Assert.True(reply.Refusal is null, $"{reply.Refusal}");
        return reply.Value!;
    }

    private static void IsRefused<T>(RefusalKind kind, Reply<T> reply)
        where T : class => Assert.Equal(kind, reply.Refusal?.Kind);

    private static string Catalog(string campaign, string eligibility = "") => $$"""
        catalog: { currency: EUR }
        metrics:
          views7d: count(view) over 7d
        policies:
          default: { exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }
        placements:
          p: { channel: web, slots: 3, fallback: { offer: f, content: {} } }
        campaigns:
          c:
            {{campaign}}
            offers:
              a: { placements: [p], value: 10, cost: 0.37, content: {}{{eligibility}} }
              b: { placements: [p], value: 10, cost: 0.37, content: {}{{eligibility}} }
        """;
}
