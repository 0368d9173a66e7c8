using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Time;
using PmOrleans.Simulator.Chance;
using PmOrleans.Simulator.Shop;

namespace PmOrleans.Simulator.Population;

/// <summary>
/// The visits of a population in the order of time, the same for every arm: nothing in them depends on what is shown. Each customer comes at random
/// moments of a rate of its own, from its first day to its last, faster when everybody does.
/// </summary>
internal sealed class VisitSource
{
    private const double DayMicros = 86_400e6;
    private readonly Scenario _scenario;
    private readonly Draws _gaps;
    private readonly Draws _devices;
    private readonly Draws _purchases;
    private readonly Draws _attributes;
    private readonly Activity _activity;
    private readonly float[] _rates;
    private readonly float[] _from;
    private readonly float[] _until;
    private readonly string[] _categories;

    /// <param name="categories">Of the catalog, for what is viewed.</param>
    public VisitSource(Scenario scenario, Draws draws, string[] categories)
    {
        (_scenario, _categories) = (scenario, categories);
        (_gaps, _devices, _purchases, _attributes) = (draws.For(40), draws.For(41), draws.For(42), draws.For(43));
        _activity = new Activity(scenario);
        var customers = scenario.Customers;
        (_rates, _from, _until) = (new float[customers], new float[customers], new float[customers]);
        var life = scenario.Life;
        double expected = 0;
        for (var i = 0; i < customers; i++)
        {
            var number = (ulong)i;
            var born = draws.For(44).Uniform(number) < life.NewShare ? draws.For(45).Uniform(number) * scenario.Days : 0;
            var gone = Math.Min(scenario.Days, born + (life.MeanLifetimeDays * draws.For(46).Exponential(number)));
            _from[i] = (float)_activity.At(born);
            _until[i] = (float)_activity.At(gone);
            _rates[i] = (float)draws.For(47).Gamma(life.RateShape, number);
            expected += _rates[i] * (_until[i] - _from[i]);
        }

        // A little more than is wanted, so that luck does not leave too few; the rest is not played.
        var scale = scenario.DecisionsOrDefault * 1.04 / Math.Max(expected, 1e-9);
        for (var i = 0; i < customers; i++)
        {
            _rates[i] *= (float)scale;
        }
    }

    public long StartMicros => Micros.From(new DateTimeOffset(DateTime.SpecifyKind(_scenario.Start, DateTimeKind.Utc)));

    public static string IdOf(int customer) => $"c-{customer}";

    public IEnumerable<Visit> Visits()
    {
        var next = new PriorityQueue<int, double>(_rates.Length);
        var counts = new int[_rates.Length];
        for (var i = 0; i < _rates.Length; i++)
        {
            Come(i, _from[i]);
        }

        for (long number = 0; number < _scenario.DecisionsOrDefault && next.TryDequeue(out var customer, out var at); number++)
        {
            yield return Make(number, customer, counts[customer] == 0, _activity.DayAt(at));
            counts[customer]++;
            Come(customer, at);
        }

        void Come(int customer, double from)
        {
            var at = from + (_gaps.Exponential((ulong)customer, (ulong)counts[customer]) / Math.Max(_rates[customer], 1e-12));
            if (at < _until[customer])
            {
                next.Enqueue(customer, at);
            }
        }
    }

    private Visit Make(long number, int customer, bool isFirst, double day)
    {
        var at = StartMicros + (long)(day * DayMicros);
        var id = IdOf(customer);
        var key = (ulong)number;
        var isMobile = _devices.Uniform((ulong)customer) < _scenario.Life.MobileShare;
        var viewed = _categories.Length == 0 ? null : _categories[(int)(_purchases.For(1).Uniform(key) * _categories.Length)];
        var view = new Touchpoint
        {
            MessageId = $"w{number}", CustomerId = id, Type = TouchpointTypes.View, AtMicros = at, Channel = "web",
            Properties = viewed is null ? [] : [new Property("category", PropertyValue.Of(viewed))],
        };
        Touchpoint[] before = isFirst && _scenario.Attributes.Count > 0 ? [Identify(customer, id, at), view] : [view];
        Touchpoint[] after = [];
        if (_purchases.Uniform(key) < _scenario.Life.BuysAnyway)
        {
            var value = _scenario.Life.BasketValue * Math.Exp((.6 * _purchases.For(2).Normal(key)) - .18);
            after = [new Touchpoint { MessageId = $"o{number}", CustomerId = id, Type = TouchpointTypes.Purchase, AtMicros = at + 900_000_000, Channel = "web", ValueMicros = (long)(value * 100) * 10_000 }];
        }

        return new Visit(number, customer, id, at, before, after,
            [new Property("channel", PropertyValue.Of("web")), new Property("device", PropertyValue.Of(isMobile ? "mobile" : "desktop"))]);
    }

    private Touchpoint Identify(int customer, string id, long at)
    {
        var set = new List<Property>(_scenario.Attributes.Count);
        ulong which = 0;
        foreach (var (name, values) in _scenario.Attributes)
        {
            var draw = _attributes.Uniform((ulong)customer, which++);
            foreach (var (value, share) in values)
            {
                draw -= share;
                if (draw < 0)
                {
                    set.Add(new Property(name, PropertyValue.Of(value)));
                    break;
                }
            }
        }

        return new Touchpoint { MessageId = $"i{customer}", CustomerId = id, Type = TouchpointTypes.Identify, AtMicros = at, Set = [.. set] };
    }
}
