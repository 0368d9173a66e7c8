using System.Reflection;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Tests.Log;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Customers;

public sealed class UnreadErasureTests : IDisposable
{
    private const string Catalog = """
        catalog: { currency: EUR }
        metrics:
          views: count(view) over 7d
        segments:
          viewers: { rule: metrics.views > 0 }
        policies:
          default: { goal: { on: click, within: 30m } }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        campaigns:
          c:
            budget: { total: 10, settleOn: click, reserve: full }
            offers:
              a: { placements: [p], value: 5, cost: 1, content: {} }
        """;

    private readonly TestFolder _folder = new();
    private readonly string _catalog = Directory.CreateTempSubdirectory("pmorleans-catalog-").FullName;

    public void Dispose()
    {
        _folder.Dispose();
        Directory.Delete(_catalog, recursive: true);
    }

    [Theory]
    [InlineData(nameof(ILogReader.ReadCustomer))]
    [InlineData(nameof(ILogReader.IdentitiesOf))]
    public async Task an_erasure_that_could_not_read_the_store_is_repeated_and_closes_all_that_was_open(string unread)
    {
        await File.WriteAllTextAsync(Path.Combine(_catalog, "catalog.yaml"), Catalog);
        var log = await _folder.OpenAsync();
        var engine = await NodeEngine.StartAsync(Forgetful.Of(log, unread, out var reader), new NodeEngineOptions { CatalogFolder = _catalog }, TimeProvider.System);
        await engine.IngestAsync([new Touchpoint { CustomerId = "c", Type = "view" }]);
        Assert.Equal("a", (await engine.DecideAsync(new DecisionRequest { CustomerId = "c", Placements = [new PlacementRequest("p", 1, [])] })).Value!.Placements[0].Offers[0].OfferId);

        reader.Fails = true;
        var refused = await engine.EraseAsync("c");
        reader.Fails = false;
        var erased = await engine.EraseAsync("c");
        await engine.DisposeAsync();

        Assert.Equal(RefusalKind.Unavailable, refused.Refusal?.Kind);
        Assert.NotNull(erased.Value);
        var report = await StoreVerifier.VerifyAsync(_folder.Path);
        Assert.True(report.IsClean, report.ToText());
    }

    /// <summary>A log, or its reader, of which one kind of read fails as of a store that is away.</summary>
    public class Forgetful : DispatchProxy
    {
        private object _inner = null!;
        private string _unread = "";
        private ILogReader? _reader;

        public bool Fails { get; set; }

        public static INodeLog Of(INodeLog log, string unread, out Forgetful reader)
        {
            var proxy = Create<INodeLog, Forgetful>();
            var inner = Create<ILogReader, Forgetful>();
            reader = (Forgetful)(object)inner;
            (reader._inner, reader._unread) = (log.Reader, unread);
            (((Forgetful)(object)proxy)._inner, ((Forgetful)(object)proxy)._reader) = (log, inner);
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == "get_" + nameof(INodeLog.Reader)) return _reader;
            if (Fails && targetMethod.Name == _unread) throw new NodeLogException(NodeLogError.Unavailable, "away");
            try
            {
                return targetMethod.Invoke(_inner, args);
            }
            catch (TargetInvocationException thrown)
            {
                throw thrown.InnerException!;
            }
        }
    }
}
