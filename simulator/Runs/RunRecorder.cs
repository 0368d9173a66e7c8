using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Time;
using PmOrleans.Simulator.Measuring;
using PmOrleans.Simulator.Shop;
using PmOrleans.Simulator.Truth;

namespace PmOrleans.Simulator.Runs;

/// <summary>Counts a run as it is played. Any thread.</summary>
internal sealed class RunRecorder(Placement placement, TasteModel truth, long expectedDecisions)
{
    private const int Stretches = 80;
    private const int MostRefusals = 10;

    /// <summary>The best offer is looked for at every eighth visit: it costs as much as a dozen responses.</summary>
    private const int BestEvery = 8;

    private readonly Lock _gate = new();
    private readonly Stretch[] _stretches = [.. Enumerable.Range(0, Stretches).Select(_ => new Stretch())];
    private readonly Dictionary<Offer, (long Shown, long Clicks, double Rate)> _offers = [];
    private readonly Dictionary<RemovalReason, long> _removals = [];
    private readonly List<string> _refusals = [];
    private readonly OffPolicyTally _logged = new();
    private CustomerTally[] _perCustomer = [];
    private long _explained;

    public Latencies Latencies { get; } = new();

    public long Decisions { get; private set; }

    public long Fallbacks { get; private set; }

    public long Refused { get; private set; }

    public long Touchpoints { get; private set; }

    public long TouchpointsRejected { get; private set; }

    public long Clicks { get; private set; }

    public long Purchases { get; private set; }

    public double ExpectedClicks { get; private set; }

    public double ExpectedValue { get; private set; }

    /// <summary>Called after every decision, for progress.</summary>
    public Action? OnDecision { get; set; }

    /// <summary>By customer number.</summary>
    public ReadOnlySpan<CustomerTally> PerCustomer => _perCustomer;

    public void Decided(Visit visit, Answered answered, TimeSpan latency)
    {
        Latencies.Record(latency, answered.Refusal is not null);
        lock (_gate)
        {
            if (answered.Refusal is { } refusal)
            {
                Refused++;
                if (_refusals.Count < MostRefusals && !_refusals.Contains(refusal, StringComparer.Ordinal))
                {
                    _refusals.Add(refusal);
                }

                OnDecision?.Invoke();
                return;
            }

            var stretch = _stretches[Math.Min(Stretches - 1, visit.Number * Stretches / Math.Max(1, expectedDecisions))];
            if (stretch.Decisions++ == 0)
            {
                (stretch.From, stretch.AtMicros) = (visit.Number, visit.AtMicros);
            }

            Decisions++;
            Of(visit.Customer).Visits++;
            if (answered.Candidates is { } candidates)
            {
                _explained++;
                foreach (var candidate in candidates)
                {
                    _removals[candidate.Reason] = _removals.GetValueOrDefault(candidate.Reason) + 1;
                }
            }

            if (visit.Number % BestEvery == 0)
            {
                LookForBest(visit, stretch);
            }

            if (visit.Logged is { } logged)
            {
                _logged.Add(logged, answered.Offer?.Id);
            }

            if (answered.Offer is not { } offer)
            {
                Fallbacks++;
            }
            else
            {
                var rate = truth.ClickRate(visit.Customer, offer, visit.AtMicros);
                var worth = truth.WorthOf(visit.Customer, offer, visit.AtMicros, rate);
                stretch.Shown++;
                stretch.Rate += rate;
                stretch.Value += worth;
                ExpectedClicks += rate;
                ExpectedValue += worth;
                ref var tally = ref Of(visit.Customer);
                tally.Rate += rate;
                tally.Value += worth;
                var seen = _offers.GetValueOrDefault(offer);
                _offers[offer] = (seen.Shown + 1, seen.Clicks, seen.Rate + rate);
            }

            OnDecision?.Invoke();
        }
    }

    public void Responded(Visit visit, Answered answered, Response response)
    {
        lock (_gate)
        {
            if (response.Clicked)
            {
                Clicks++;
                _stretches[Math.Min(Stretches - 1, visit.Number * Stretches / Math.Max(1, expectedDecisions))].Clicks++;
                Of(visit.Customer).Clicks++;
                var seen = _offers[answered.Offer!];
                _offers[answered.Offer!] = seen with { Clicks = seen.Clicks + 1 };
            }

            Purchases += response.Purchase is null ? 0 : 1;
        }
    }

    public void Ingested(IReadOnlyList<Touchpoint> touchpoints, int rejected)
    {
        lock (_gate)
        {
            Touchpoints += touchpoints.Count - rejected;
            TouchpointsRejected += rejected;
        }
    }

    public ArmDocument ToDocument(string name, double seconds, string currency, RunObserver observer) => new()
    {
        Name = name,
        Seconds = seconds,
        Customers = _perCustomer.LongCount(tally => tally.Visits > 0),
        Decisions = Decisions,
        Fallbacks = Fallbacks,
        Refused = Refused,
        Refusals = _refusals,
        Touchpoints = Touchpoints,
        TouchpointsRejected = TouchpointsRejected,
        Clicks = Clicks,
        Purchases = Purchases,
        ExpectedClicks = ExpectedClicks,
        ExpectedValue = ExpectedValue,
        Currency = currency,
        Latency = Latencies.ToDocument(),
        Curve = [.. _stretches.Where(stretch => stretch.Decisions > 0).Select(stretch => stretch.ToPoint())],
        Offers =
        [
            .. _offers.OrderByDescending(entry => entry.Value.Shown).Select(entry =>
                new OfferDocument(entry.Key.Id, entry.Key.Campaign.Id, entry.Value.Shown, entry.Value.Clicks, entry.Value.Rate / entry.Value.Shown)),
        ],
        Removals = [.. _removals.Where(entry => entry.Key != RemovalReason.None).OrderByDescending(entry => entry.Value).Select(entry => new RemovalDocument(entry.Key.ToString(), entry.Value))],
        Explained = _explained,
        Budgets = observer.Budgets(),
        Caps = observer.Caps(),
        Segments = observer.Segments(),
        Logged = _logged.ToDocument(),
    };

    private void LookForBest(Visit visit, Stretch stretch)
    {
        double best = 0, sum = 0;
        foreach (var offer in placement.Offers)
        {
            var rate = truth.ClickRate(visit.Customer, offer, visit.AtMicros);
            best = Math.Max(best, rate);
            sum += rate;
        }

        stretch.Looks++;
        stretch.Best += best;
        stretch.Even += sum / Math.Max(1, placement.Offers.Length);
    }

    private ref CustomerTally Of(int customer)
    {
        if (customer >= _perCustomer.Length)
        {
            Array.Resize(ref _perCustomer, Math.Max(customer + 1, 1));
        }

        return ref _perCustomer[customer];
    }

    /// <summary>Room for so many customers at once.</summary>
    public void Expect(int customers) => Array.Resize(ref _perCustomer, Math.Max(customers, _perCustomer.Length));

    private sealed class Stretch
    {
        public long From, AtMicros, Decisions, Shown, Clicks, Looks;
        public double Rate, Value, Best, Even;

        public CurvePoint ToPoint() => new(
            From, Micros.ToTime(AtMicros).UtcDateTime, Decisions, Shown, Clicks, Shown == 0 ? 0 : Rate / Shown, Shown == 0 ? 0 : Value / Shown,
            Looks == 0 ? 0 : Best / Looks, Looks == 0 ? 0 : Even / Looks);
    }
}
