using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Leases;
using PmOrleans.Node.Owners;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Tests.Catalog;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Tests.Leases;

/// <summary>
/// A flight of a day under the prices of several nodes, each of which sees its own traffic alone: a hundred opportunities a minute in all, worth from 0 to 1
/// at a cost of 1, and money for a fifth of them. What nodes tell each other goes by way of the campaigns' owner.
/// </summary>
public sealed class PacedNodesTests : IAsyncDisposable
{
    private const int Minutes = 1440, PerMinute = 100, Total = Minutes * PerMinute / 5;
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    private readonly SimulatedClock _clock = new(Start);
    private readonly AccountingFold _money = new(_ => null);
    private readonly Random _random = new(7);
    private readonly List<PacedNode> _nodes = [];
    private readonly LedgerBook _owner;
    private int _spent;

    public PacedNodesTests() => _owner = new LedgerBook(new ClockTime(_clock));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    [Theory]
    [InlineData("total: 28800", 100)]
    [InlineData("total: 28800", 100, 0, 0)]
    [InlineData("total: 28800", 90, 8, 2)]
    [InlineData("total: 28800", 34, 33, 33)]
    [InlineData("daily: 28800", 100, 0, 0)]
    [InlineData("daily: 28800", 90, 8, 2)]
    [InlineData("total: 28800, daily: 28800", 60, 40, 0)]
    public void money_is_spent_evenly_and_to_its_end_however_uneven_the_traffic_of_the_nodes(string budget, params int[] traffic)
    {
        foreach (var _ in traffic) Join(budget);

        AssertEven(Live(Minutes, traffic), .05);
    }

    [Fact]
    public void money_is_spent_evenly_over_the_death_of_a_node_and_the_start_of_another()
    {
        for (var node = 0; node < 3; node++) Join("total: 28800");
        var spent = Live(Minutes / 4, 70, 20, 10);
        spent.AddRange(Live(Minutes / 4, 0, 70, 30));
        Join("total: 28800");
        spent.AddRange(Live(Minutes / 4, 0, 5, 5, 90));
        spent.AddRange(Live(Minutes / 4, 0, 50, 0, 50));

        // The others have foreseen their own traffic alone, and learn only now what comes to them instead.
        AssertEven(spent, .08);
    }

    private static void AssertEven(List<int> spent, double within)
    {
        for (var hour = 1; hour < 24; hour++)
        {
            Assert.InRange(spent[(hour * 60) - 1] / (double)Total, (hour / 24.0) - within, (hour / 24.0) + within);
        }

        Assert.InRange(spent[^1], Total * .99, Total);
    }

    private void Join(string budget) => _nodes.Add(new PacedNode(_nodes.Count + 1, budget, _money, _owner, _clock));

    /// <returns>What is spent after each minute.</returns>
    private List<int> Live(int minutes, params int[] traffic)
    {
        var spent = new List<int>();
        for (var minute = 0; minute < minutes; minute++)
        {
            for (var i = 0; i < PerMinute; i++)
            {
                _spent += _nodes[Of(traffic, _random.Next(100))].Serve(_random.NextDouble(), Total - _spent) ? 1 : 0;
            }

            _clock.AdvanceTo(_clock.NowMicros() + 60_000_000);
            for (var node = 0; node < traffic.Length; node++)
            {
                // One without traffic lives as well, but for the one that died.
                if (traffic[node] > 0 || node > 0 || minutes == Minutes) _nodes[node].Tick();
            }

            spent.Add(_spent);
        }

        return spent;
    }

    private static int Of(int[] traffic, int percent)
    {
        var node = 0;
        while ((percent -= traffic[node]) >= 0) node++;
        return node;
    }

    /// <summary>A second for each minute.</summary>
    private sealed class ClockTime(TimeProvider clock) : TimeProvider
    {
        public override long TimestampFrequency => 60_000_000;

        public override long GetTimestamp() => clock.NowMicros();
    }

    private sealed class PacedNode : IAccounts
    {
        private readonly int _epoch;
        private readonly AccountingFold _money;
        private readonly LedgerBook _owner;
        private readonly CampaignLease _lease;
        private readonly PaceKeeper _keeper;
        private IReadOnlyDictionary<int, PaceForecast> _elsewhere = new Dictionary<int, PaceForecast>();

        public PacedNode(int epoch, string budget, AccountingFold money, LedgerBook owner, SimulatedClock clock)
        {
            var leases = new LeaseBook();
            (_epoch, _money, _owner, _lease) = (epoch, money, owner, leases[1]);
            _keeper = new PaceKeeper(leases, this, clock);
            _keeper.Use(CatalogText.Snapshot($$"""
                placements:
                  p: { channel: web }
                campaigns:
                  c:
                    zone: UTC
                    end: 2026-11-22T00:00:00Z
                    budget: { {{budget}}, settleOn: decision, pacing: true }
                    offers:
                      o: { placements: [p], value: 10, cost: 1, content: { title: a } }
                """));
        }

        public Action<ModelReplica>? OnReplica { get; set; }

        public ModelReplica Replica => ModelReplica.Empty;

        public long Watermark => 0;

        public long Lag => 0;

        public bool HasSegments => false;

        public PaceForecast ForecastElsewhere(int campaign) => _elsewhere.GetValueOrDefault(campaign);

        public bool Serve(double value, int left)
        {
            _lease.Opportunities++;
            _lease.ScoreSum += value;
            _lease.CostSumMicros += 1_000_000;
            if (value - _lease.Price < 0 || left == 0) return false;

            _lease.PacedSpendMicros += 1_000_000;
            _lease.PacedHeldMicros += 1_000_000;
            _money.Ledger(1).Account(0).Post(_epoch, settled: 1_000_000);
            _money.Ledger(1).Account(20261121).Post(_epoch, settled: 1_000_000);
            return true;
        }

        public void Tick()
        {
            _keeper.Advance();
            _owner.Meet(new RangeReport("n", _epoch, 0, 0, []) { Forecasts = _keeper.Forecasts });
            _elsewhere = LedgerBook.ReadChanges(_owner.ChangesSince(0, _epoch, 0)).Elsewhere;
        }

        public T Read<T>(Func<AccountingFold, T> read) => read(_money);

        public Task StartAsync() => throw new NotSupportedException();

        public Task RestoreSegmentsAsync() => throw new NotSupportedException();

        public T ReadSegments<T>(Func<SegmentFold, T> read) => throw new NotSupportedException();

        public Task WaitAsync(CancellationToken cancellation = default) => throw new NotSupportedException();

        public void PublishNow() => throw new NotSupportedException();

        public void Refold() => throw new NotSupportedException();

        public Task SaveAsync() => throw new NotSupportedException();

        public ValueTask DisposeAsync() => _keeper.DisposeAsync();
    }
}
