using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Policies;

namespace PmOrleans.Decisioning.Tests.Caps;

/// <summary>Promise P1 against <see cref="CapModel"/>: never beyond a cap, and never refused while there is room.</summary>
public sealed class CapPropertyTests
{
    private static readonly string[] Types = ["impression", "impression", "click", "purchase"];

    [Fact]
    public void random_histories_are_capped_exactly_as_a_plain_recount_of_every_event_says() =>
        Check.One(
            Config.QuickThrowOnFailure.WithReplay(20_261_122, 5).WithMaxTest(400),
            Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => Run(new Random(seed))));

    private static void Run(Random random)
    {
        var catalog = RandomCatalog(random);
        var model = new CapModel(catalog);
        using var customer = new TestCustomer(catalog);
        var now = TestCustomer.Noon;
        var decisions = 0;
        for (var step = 0; step < 60; step++)
        {
            now += Step(random, catalog);
            now = Math.Max(now, customer.State.LastSeenMicros);
            if (random.Next(5) < 3)
            {
                var asked = catalog.Placements.OrderBy(_ => random.Next()).Take(random.Next(1, 4))
                    .Select(placement => new PlacementRequest(placement.Id, random.Next(1, placement.Slots + 1), [])).ToArray();
                CheckDecision(customer, model, customer.Decide(now, asked, []), asked, now);
                decisions++;
            }
            else
            {
                foreach (var fact in customer.Take(RandomEvent(random, catalog, decisions, now), now).OfType<OutcomeFact>())
                {
                    model.Add(fact);
                }
            }

            CheckMemory(customer, catalog);
        }
    }

    private static void CheckDecision(TestCustomer customer, CapModel model, DecisionFact fact, PlacementRequest[] asked, long now)
    {
        var catalog = customer.Environment.Catalog;
        var taken = new HashSet<int>();
        var slot = 0;
        for (var i = 0; i < fact.Placements.Length; i++)
        {
            var placement = catalog.PlacementByNumber[fact.Placements[i].Placement];
            var survivors = TraceCodec.Read(fact.Placements[i].Trace.Span).Survivors.Select(survivor => survivor.Offer).Order();
            var free = Free();

            Assert.Equal(free.Select(offer => offer.Number).Order(), survivors);

            foreach (var served in fact.Placements[i].Offers)
            {
                Assert.Contains(Free(), offer => offer.Number == served.Offer);
                model.Add(served, now, customer.State.Sequence, slot++);
                taken.Add(served.Offer);
            }

            Assert.True(fact.Placements[i].Offers.Length == asked[i].Count || Free().Count == 0, "a slot stayed empty while an offer had room");

            List<Offer> Free() => [.. placement.Offers.Where(offer => !taken.Contains(offer.Number) && model.HasRoom(offer, placement.ChannelNumber, now))];
        }
    }

    private static void CheckMemory(TestCustomer customer, CatalogSnapshot catalog)
    {
        for (var i = 0; i < customer.State.ListCount; i++)
        {
            Assert.True(customer.State.ListAt(i).Length <= catalog.CapScopeByCounter[customer.State.ListIdAt(i)].Cap.Limit);
        }
    }

    private static CatalogSnapshot RandomCatalog(Random random)
    {
        var builder = new TestCatalog { CapHold = TimeSpan.FromMinutes(random.Next(1, 4) * 5) }
            .Placement("one", slots: 1, policy: "even")
            .Placement("three", slots: 3, policy: "even")
            .Placement("app", slots: 2, channel: "app", policy: "even")
            .Policy("even", new() { Kind = ExplorationKind.EpsilonGreedy, Epsilon = 1 }, new Goal("click", TimeSpan.FromHours(1)))
            .Offers([.. Enumerable.Range(0, random.Next(1, 7)).Select(i => new OfferSpec("o" + i.ToString(CultureInfo.InvariantCulture))
            {
                Campaign = "c" + random.Next(2).ToString(CultureInfo.InvariantCulture),
                Category = random.Next(3) switch { 0 => null, 1 => "shoes", _ => "hats" },
            })]);
        for (var caps = random.Next(1, 6); caps > 0; caps--)
        {
            builder.Cap(
                "cap" + caps.ToString(CultureInfo.InvariantCulture),
                (CappedEvent)random.Next(1, 5),
                (CapPer)random.Next(1, 6),
                random.Next(8) == 0 ? 0 : random.Next(1, 5),
                random.Next(3) switch { 0 => TimeSpan.FromMinutes(1), 1 => TimeSpan.FromMinutes(20), _ => TimeSpan.FromHours(24) });
        }

        return builder.Build();
    }

    /// <summary>Often to the microsecond around the end of a hold or of a window.</summary>
    private static long Step(Random random, CatalogSnapshot catalog) => random.Next(8) switch
    {
        0 => 0,
        1 => 1,
        2 => (catalog.CapHold.Ticks / 10) - random.Next(2),
        3 => catalog.CapScopes.IsEmpty ? 1 : catalog.CapScopes[random.Next(catalog.CapScopes.Length)].WindowMicros - random.Next(2),
        4 => random.NextInt64(TestCustomer.Day),
        _ => random.NextInt64(5 * TestCustomer.Minute),
    };

    private static Touchpoint RandomEvent(Random random, CatalogSnapshot catalog, int decisions, long now) => new()
    {
        CustomerId = "c-1",
        MessageId = random.Next(3) == 0 ? "m-" + random.Next(6).ToString(CultureInfo.InvariantCulture) : null,
        Type = Types[random.Next(Types.Length)],
        AtMicros = random.Next(3) switch
        {
            0 => null,
            1 => now - random.NextInt64(2 * TestCustomer.Day),
            _ => now + random.NextInt64(TouchpointLimits.MaxAheadMicros),
        },
        Channel = random.Next(2) == 0 ? "web" : null,
        DecisionId = decisions > 0 && random.Next(4) > 0
            ? "d-" + Math.Max(1, decisions - random.Next(3)).ToString(CultureInfo.InvariantCulture)
            : null,
        OfferId = random.Next(4) > 0 ? catalog.Offers[random.Next(catalog.Offers.Length)].Id : null,
    };
}
