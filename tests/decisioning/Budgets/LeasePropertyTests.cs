using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Policies;

namespace PmOrleans.Decisioning.Tests.Budgets;

/// <summary>
/// Promise P2: one campaign, three customers, one node after another, an owner that grants from what is free. After every step the ledger is
/// compared with a plain sum over all facts, with the node's lease in memory, and with the budget.
/// </summary>
public sealed class LeasePropertyTests
{
    [Fact]
    public void money_is_always_in_exactly_one_place_and_never_beyond_the_budget() =>
        Check.One(
            Config.QuickThrowOnFailure.WithReplay(20_261_122, 9).WithMaxTest(400),
            Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => new World(seed).Run(120)));

    [Fact]
    public void a_lease_under_many_threads_gives_out_no_micro_twice()
    {
        var lease = new CampaignLease(1);
        lease.Grant(1_000_000, 0);
        lease.Grant(700_000, 20261121);
        long held = 0;

        var threads = Enumerable.Range(0, 4).Select(seed => new Thread(() =>
        {
            var random = new Random(seed);
            var mine = new List<long>();
            for (var i = 0; i < 200_000; i++)
            {
                if (mine.Count < 3 && random.Next(2) == 0)
                {
                    var micros = random.Next(1, 120_000);
                    if (lease.TryHold(micros, useTotal: true, 20261121) == LeaseHold.Held)
                    {
                        mine.Add(micros);
                        // Held at any moment can never be more than the smaller slice.
                        Assert.True(Interlocked.Add(ref held, micros) <= 700_000);
                    }
                }
                else if (mine.Count > 0)
                {
                    Interlocked.Add(ref held, -mine[^1]);
                    lease.Release(mine[^1], useTotal: true, 20261121);
                    mine.RemoveAt(mine.Count - 1);
                }
            }

            mine.ForEach(micros => Interlocked.Add(ref held, -micros));
            mine.ForEach(micros => lease.Release(micros, useTotal: true, 20261121));
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal(0, held);
        Assert.Equal(1_000_000, lease.TotalMicros);
        Assert.Equal(700_000, lease.DayMicros(20261121));
    }

    [Fact]
    public void money_released_for_a_day_the_node_has_no_lease_of_stays_on_the_node()
    {
        var lease = new CampaignLease(1);

        lease.Release(500, useTotal: false, 20261120);

        Assert.Equal(500, lease.DayMicros(20261120));
    }

    private sealed class World
    {
        private readonly Random _random;
        private readonly List<TestCustomer> _customers = [];
        private readonly List<Fact> _facts = [];
        private readonly SortedSet<int> _days = [0];
        private CampaignLedger _ledger = new();
        private CatalogSnapshot _catalog;
        private Budget? _budget;
        private long _now = TestCustomer.Noon;
        private long _epoch = 1;
        private long _totalBound;
        private readonly Dictionary<int, long> _dayBounds = [];

        public World(int seed)
        {
            _random = new Random(seed);
            _budget = RandomBudget();
            _catalog = Catalog(1, null);
            _customers.AddRange(Enumerable.Range(1, 3).Select(key => new TestCustomer(_catalog, (ulong)key)));
            ShareEnvironment(new LeaseBook());
            _totalBound = Bound(_budget?.TotalMicros, 0);
        }

        private CampaignLease Lease => _customers[0].Environment.Leases[Number];

        private int Number => _catalog.CampaignById["c"].Number;

        public void Run(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                Step();
                Check();
            }

            _customers.ForEach(customer => customer.Dispose());
        }

        private void Step()
        {
            var customer = _customers[_random.Next(_customers.Count)];
            _now += _random.Next(6) == 0 ? _random.NextInt64(10 * TestCustomer.Hour) : _random.NextInt64(10 * TestCustomer.Minute);
            switch (_random.Next(20))
            {
                case < 7:
                    Do(customer, () => customer.Decide(_now, "home"));
                    break;
                case < 11:
                    Do(customer, () => customer.Take(RandomEvent(customer), _now));
                    break;
                case < 13:
                    Do(customer, () => customer.Wake(_now));
                    break;
                case < 16:
                    Grant();
                    break;
                case 16:
                    GiveBack();
                    break;
                case 17:
                    customer.FailNext = true;
                    Do(customer, () => customer.Decide(_now, "home"));
                    break;
                case 18:
                    Crash();
                    break;
                default:
                    Publish();
                    break;
            }
        }

        private void Do(TestCustomer customer, Action command)
        {
            var before = customer.Log.Count;
            command();
            customer.FailNext = false;
            foreach (var fact in customer.Log.Skip(before).SelectMany(row => row.Facts))
            {
                _facts.Add(fact);
                if (fact is DecisionFact decision)
                {
                    foreach (var offer in decision.Placements.SelectMany(placement => placement.Offers))
                    {
                        _days.Add(offer.BudgetDay);
                        _ledger.Apply(offer, _epoch);
                    }
                }
                else if (fact is OutcomeFact outcome)
                {
                    _days.Add(outcome.BudgetDay);
                    _ledger.Apply(outcome, _epoch);
                }
            }
        }

        private void Grant()
        {
            var day = _random.Next(2) == 0 ? 0 : BudgetDay.Of(TimeZoneInfo.Utc, _now);
            if ((day == 0 ? _budget?.TotalMicros : _budget?.DailyMicros) is not { } budget)
            {
                return;
            }

            var amount = Math.Min(_ledger.Account(day).FreeMicros(budget), _random.NextInt64(1, 4_000_000));
            if (amount > 0)
            {
                var granted = new LeaseGrantedFact(Number, day, _epoch, amount);
                _days.Add(day);
                _facts.Add(granted);
                _ledger.Apply(granted);
                Lease.Grant(amount, day);
            }
        }

        private void GiveBack()
        {
            var day = _days.ElementAt(_random.Next(_days.Count));
            var amount = Lease.TakeBack(_random.NextInt64(1, 3_000_000), day);
            if (amount > 0)
            {
                Return(day, amount);
            }
        }

        /// <summary>The node is gone with its memory; what its log leaves unspent is freed, or written off as spent.</summary>
        private void Crash()
        {
            var writtenOff = _random.Next(4) == 0;
            foreach (var day in _days)
            {
                if (_ledger.Account(day).LeasedByEpoch.GetValueOrDefault(_epoch) is var left and not 0)
                {
                    Return(day, left, writtenOff);
                }
            }

            _epoch++;
            ShareEnvironment(new LeaseBook());
            _customers.ForEach(customer => customer.State = customer.Refold());
            using var writer = new ByteWriter();
            _ledger.Write(writer);
            var reader = new ByteReader(writer.Written);
            _ledger = CampaignLedger.Read(ref reader);
        }

        private void Return(int day, long amount, bool writtenOff = false)
        {
            var returned = new LeaseReturnedFact(Number, day, _epoch, amount, writtenOff);
            _facts.Add(returned);
            _ledger.Apply(returned);
        }

        /// <summary>A version with another budget: added, removed, raised, cut below what is spent.</summary>
        private void Publish()
        {
            _budget = _random.Next(6) == 0 ? null : RandomBudget();
            _catalog = Catalog(_catalog.Version + 1, _catalog.Registry);
            ShareEnvironment(_customers[0].Environment.Leases);
            _totalBound = Bound(_budget?.TotalMicros, 0);
            _dayBounds.Clear();
        }

        /// <summary>A publish may cut the budget below what is spent or promised; from then on it may not grow.</summary>
        private long Bound(long? budget, int day)
        {
            var account = _ledger.Account(day);
            return budget is { } micros ? Math.Max(micros, account.SettledMicros + account.ReservedMicros + account.LeasedMicros) : long.MaxValue;
        }

        private void Check()
        {
            foreach (var day in _days)
            {
                CheckSums(day);
            }

            var total = _ledger.Account(0);
            Assert.True(total.SettledMicros + total.ReservedMicros + total.LeasedMicros <= _totalBound, "more than the total budget is spent or promised");
            if (_budget?.DailyMicros is { } daily)
            {
                foreach (var day in _days.Where(day => day != 0))
                {
                    // The first look at a day since the publish may find it above a budget that was just cut.
                    var bound = _dayBounds.TryGetValue(day, out var known) ? known : _dayBounds[day] = Math.Max(daily, Bound(daily, day));
                    var account = _ledger.Account(day);
                    Assert.True(account.SettledMicros + account.ReservedMicros + account.LeasedMicros <= bound, "more than the daily budget");
                }
            }
        }

        private void CheckSums(int day)
        {
            long settled = 0, reserved = 0, unbilled = 0;
            foreach (var offer in _facts.OfType<DecisionFact>().SelectMany(fact => fact.Placements).SelectMany(placement => placement.Offers))
            {
                if (day == 0 || offer.BudgetDay == day)
                {
                    settled += offer.SettledMicros;
                    reserved += offer.ReservedMicros;
                }
            }

            foreach (var outcome in _facts.OfType<OutcomeFact>().Where(outcome => day == 0 || outcome.BudgetDay == day))
            {
                settled += outcome.SettledMicros;
                reserved -= outcome.FromReserveMicros + outcome.ReleasedMicros;
                unbilled += outcome.UnbilledMicros;
            }

            settled += _facts.OfType<LeaseReturnedFact>().Where(fact => fact.Day == day && fact.WrittenOff).Sum(fact => fact.AmountMicros);
            var account = _ledger.Account(day);
            Assert.Equal((settled, reserved, unbilled), (account.SettledMicros, account.ReservedMicros, account.UnbilledMicros));
            Assert.True(reserved >= 0 && account.LeasedMicros >= 0);

            // What the log says is unspent on this node is what the node has in hand: freed = granted - spent there.
            Assert.Equal(account.LeasedByEpoch.GetValueOrDefault(_epoch), day == 0 ? Lease.TotalMicros : Lease.DayMicros(day));
            Assert.All(account.LeasedByEpoch, entry => Assert.Equal(_epoch, entry.Key));
            const long budget = 77_000_000;
            Assert.Equal(budget, account.SettledMicros + account.ReservedMicros + account.LeasedMicros + account.FreeMicros(budget));
        }

        private Touchpoint RandomEvent(TestCustomer customer)
        {
            var known = customer.Log.SelectMany(row => row.Facts).OfType<DecisionFact>().Select(fact => fact.DecisionId).ToList();
            return new Touchpoint
            {
                CustomerId = "c-1",
                Type = new[] { "impression", "click", "purchase" }[_random.Next(3)],
                OfferId = "o" + _random.Next(3).ToString(CultureInfo.InvariantCulture),
                DecisionId = known.Count > 0 && _random.Next(3) > 0 ? known[Math.Max(0, known.Count - 1 - _random.Next(3))] : null,
                AtMicros = _random.Next(3) == 0 ? _now - _random.NextInt64(TestCustomer.Day) : null,
            };
        }

        private Budget RandomBudget() => new(
            _random.Next(3) == 0 ? null : _random.NextInt64(1, 40_000_000),
            _random.Next(3) == 0 ? _random.NextInt64(1, 15_000_000) : null,
            (SettleOn)_random.Next(1, 5),
            (ReserveKind)_random.Next(1, 3),
            Paced: false);

        private CatalogSnapshot Catalog(int version, IdRegistry? known) => new TestCatalog()
            .Policy("even", new() { Kind = ExplorationKind.EpsilonGreedy, Epsilon = 1 }, new Goal("click", TimeSpan.FromHours(2)))
            .Campaign("c", _budget)
            .Placement("home", slots: 2, policy: "even")
            .Offers([.. Enumerable.Range(0, 3).Select(i => new OfferSpec("o" + i.ToString(CultureInfo.InvariantCulture)) { Value = 100, CostMicros = 333_333 * (i + 1) })])
            .Build(version, known);

        private void ShareEnvironment(LeaseBook leases) => _customers.ForEach(
            customer => customer.Environment = new DecisionEnvironment(_catalog, ModelReplica.Empty, leases, TestCustomer.Hashes));
    }
}
