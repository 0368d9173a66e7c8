using System.Globalization;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Policies;
using static PmOrleans.Decisioning.Tests.TestCustomer;

namespace PmOrleans.Decisioning.Tests.Decisions;

/// <summary>Bytes allocated are a contract; times are for the benchmarks.</summary>
public sealed class AllocationTests
{
    [Theory]
    [InlineData(ExplorationKind.SquareCb)]
    [InlineData(ExplorationKind.Thompson)]
    public void a_decision_over_fifty_budgeted_and_capped_offers_folded_and_encoded_allocates_at_most_a_kibibyte(ExplorationKind kind)
    {
        var catalog = new TestCatalog()
            .Cap("offer", CappedEvent.Impression, CapPer.Offer, 5, TimeSpan.FromDays(1))
            .Cap("campaign", CappedEvent.Decision, CapPer.Campaign, 10, TimeSpan.FromMinutes(5))
            .Cap("all", CappedEvent.Decision, CapPer.All, 10, TimeSpan.FromMinutes(5))
            .Policy("p", new() { Kind = kind }, new Goal("click", TimeSpan.FromMinutes(30)))
            .Campaign("c", new Budget(long.MaxValue / 4, long.MaxValue / 4, SettleOn.Click, ReserveKind.Full, Paced: true))
            .Placement("home", policy: "p")
            .Offers([.. Enumerable.Range(0, 50).Select(i => new OfferSpec("o" + i.ToString(CultureInfo.InvariantCulture)) { Value = 10, CostMicros = 1_000 })])
            .Build();
        using var customer = new TestCustomer(catalog);
        var lease = customer.Environment.Leases[catalog.CampaignById["c"].Number];
        lease.Grant(1_000_000_000, 0);
        lease.Grant(1_000_000_000, 20261121);
        lease.Grant(1_000_000_000, 20261122);
        using var accounting = new ByteWriter(8192);
        using var personal = new ByteWriter(8192);
        using var scratch = new ByteWriter(8192);
        var facts = new List<Fact>(4);
        var request = new DecisionRequest { CustomerId = "c-1", Placements = [new("home", 1, [])] };
        Placement[] placements = [catalog.Placements[0]];
        var bytes = new List<long>();

        for (var i = 0; i < 120; i++)
        {
            var now = Noon + (i * 10 * Minute);
            customer.Wake(now);
            customer.Workspace.Moves.Clear();
            facts.Clear();
            accounting.Clear();
            personal.Clear();
            var sequence = customer.State.Sequence + 1;
            var before = GC.GetAllocatedBytesForCurrentThread();
            var fact = Decider.Decide(customer.State, request, placements, "d", new UInt128((ulong)i, 5), now, customer.Environment, customer.Workspace);
            facts.Add(fact);
            customer.State.Apply(fact, sequence, catalog);
            FactCodec.Write(facts, accounting, personal, scratch);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            customer.State.Prune();

            Assert.Equal(50, TraceCodec.Read(fact.Placements[0].Trace.Span).Survivors.Count);
            if (i >= 60) bytes.Add(allocated);
        }

        // Nine of ten: what the runtime itself does beside (a collection, code that is exchanged) is now and then counted to whoever is at it.
        bytes.Sort();
        Assert.InRange(bytes[^7], 1, 1024);
    }
}
