using PmOrleans.Decisioning.Catalog;
using PmOrleans.Simulator.Chance;

namespace PmOrleans.Simulator.Truth;

/// <summary>
/// Hidden tastes: how likely each customer is to click each offer at each time, and what follows. Known to the simulator alone, so that what the
/// engine learns can be compared with the truth.
/// </summary>
/// <remarks>
/// logit of a click = appeal of the offer + strength x (taste of the customer · character of the offer) - sensitivity of the customer x price of the
/// offer + season of its category + drift + shocks. Tastes and characters are independent normal vectors, scaled so that their product has a variance of 1.
/// </remarks>
public sealed class TasteModel
{
    private const double Day = 86_400e6;
    private readonly TasteOptions _options;
    private readonly CatalogSnapshot _catalog;
    private readonly Draws _tastes;
    private readonly Draws _sensitivities;
    private readonly Draws _drift;
    private readonly long _startMicros;
    private readonly double[] _appeal;
    private readonly double[] _price;
    private readonly float[] _character;
    private readonly double[] _peak;
    private readonly Shock[][] _shocks;
    private readonly double[] _moved;
    private readonly List<double[]> _weeks = [];
    private float[] _taste = [];
    private float[] _sensitivity = [];
    private int _known;
    private long _movedAt = long.MinValue;

    /// <param name="startMicros">When the run begins: shocks and drift count from here.</param>
    public TasteModel(CatalogSnapshot catalog, TasteOptions options, Draws draws, long startMicros)
    {
        (_options, _catalog, _startMicros) = (options, catalog, startMicros);
        (_tastes, _sensitivities, _drift) = (draws.For(10), draws.For(11), draws.For(12));
        var offers = catalog.Offers;
        var mean = offers.Select(offer => offer.Value).Where(value => value > 0).DefaultIfEmpty(1).Average();
        _appeal = [.. offers.Select(offer => Logit(options.BaseRate) + (options.Spread * draws.For(13).Normal(Key(offer.Id))))];
        _price = [.. offers.Select(offer => Math.Clamp(Math.Log(Math.Max(offer.Value, 1e-6) / mean), -2, 2))];
        _peak = [.. offers.Select(offer => draws.For(14).Uniform(Key(offer.Category ?? offer.Campaign.Id)))];
        _character = [.. offers.SelectMany(offer => Enumerable.Range(0, options.Dimensions)
            .Select(d => (float)(draws.For(15).Normal(Key(offer.Id), (ulong)d) / Math.Sqrt(options.Dimensions))))];
        _shocks = [.. offers.Select(offer => options.Shocks.Where(shock => Hits(shock, offer)).ToArray())];
        _moved = new double[offers.Length];
    }

    /// <summary>True rate of clicks, in (0, 1). Times must not go back by more than an hour between calls.</summary>
    /// <param name="customer">Dense number of the customer, from 0.</param>
    public double ClickRate(int customer, Offer offer, long atMicros) => Sigmoid(Liking(customer, offer, atMicros));

    /// <summary>True rate of purchases among clicks.</summary>
    public double BuyRate(int customer, Offer offer, long atMicros) =>
        Sigmoid(Logit(_options.BuyRate) + (.5 * (Liking(customer, offer, atMicros) - _appeal[offer.Ordinal])));

    /// <summary>What showing the offer is worth on average, in the catalog's currency: true rate x value, less what it spends.</summary>
    /// <param name="rate">Its <see cref="ClickRate"/> there.</param>
    public double WorthOf(int customer, Offer offer, long atMicros, double rate) => (rate * offer.Value) - SpendOf(customer, offer, atMicros, rate);

    /// <summary>What showing the offer spends of its campaign's budget on average, in the catalog's currency; 0 where no budget counts it.</summary>
    /// <param name="rate">Its <see cref="ClickRate"/> there.</param>
    public double SpendOf(int customer, Offer offer, long atMicros, double rate) => offer.CostMicros / 1e6 * (offer.Campaign.Budget?.SettleOn switch
    {
        SettleOn.Click => rate,
        SettleOn.Conversion => rate * BuyRate(customer, offer, atMicros),
        null => 0,
        _ => 1,
    });

    private double Liking(int customer, Offer offer, long atMicros)
    {
        Know(customer);
        MoveTo(atMicros);
        var dimensions = _options.Dimensions;
        float product = 0;
        var taste = _taste.AsSpan(customer * dimensions, dimensions);
        var character = _character.AsSpan(offer.Ordinal * dimensions, dimensions);
        for (var d = 0; d < dimensions; d++)
        {
            product += taste[d] * character[d];
        }

        return _appeal[offer.Ordinal] + _moved[offer.Ordinal] + (_options.Strength * product) - (_sensitivity[customer] * _price[offer.Ordinal]);
    }

    /// <summary>Seasons, drift and shocks, computed once an hour of the run.</summary>
    private void MoveTo(long atMicros)
    {
        if (atMicros - _movedAt is >= 0 and < 3_600_000_000)
        {
            return;
        }

        _movedAt = atMicros - (atMicros % 3_600_000_000);
        var day = (atMicros - _startMicros) / Day;
        var year = atMicros / (Day * 365.25);
        for (var i = 0; i < _moved.Length; i++)
        {
            _moved[i] = (_options.Season * Math.Cos(2 * Math.PI * (year - _peak[i]))) + Drift(i, day / 7);
            foreach (var shock in _shocks[i])
            {
                _moved[i] += day >= shock.Day ? shock.Shift : 0;
            }
        }
    }

    private double Drift(int offer, double week)
    {
        if (_options.DriftPerWeek == 0 || week <= 0)
        {
            return 0;
        }

        while (_weeks.Count <= (int)week + 1)
        {
            var number = (ulong)_weeks.Count;
            _weeks.Add([.. _catalog.Offers.Select((known, i) =>
                number == 0 ? 0 : _weeks[^1][i] + (_options.DriftPerWeek * _drift.Normal(Key(known.Id), number)))]);
        }

        var share = week - Math.Floor(week);
        return (_weeks[(int)week][offer] * (1 - share)) + (_weeks[(int)week + 1][offer] * share);
    }

    private void Know(int customer)
    {
        if (customer < _known)
        {
            return;
        }

        var dimensions = _options.Dimensions;
        if (customer >= _sensitivity.Length)
        {
            var room = Math.Max(1024, Math.Max(customer + 1, _sensitivity.Length * 2));
            Array.Resize(ref _sensitivity, room);
            Array.Resize(ref _taste, room * dimensions);
        }

        for (; _known <= customer; _known++)
        {
            for (var d = 0; d < dimensions; d++)
            {
                _taste[(_known * dimensions) + d] = (float)_tastes.Normal((ulong)_known, (ulong)d);
            }

            // Log-normal with a mean of 1: a few look at nothing but the price.
            _sensitivity[_known] = (float)(_options.PriceSensitivity * Math.Exp((.6 * _sensitivities.Normal((ulong)_known)) - .18));
        }
    }

    private static bool Hits(Shock shock, Offer offer) =>
        shock.Offers.Count > 0 ? shock.Offers.Contains(offer.Id, StringComparer.Ordinal) : shock.Category is null || shock.Category == offer.Category;

    /// <summary>FNV-1a: the same for an id in every run and catalog.</summary>
    private static ulong Key(string id)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var letter in id)
        {
            hash = (hash ^ letter) * 0x100000001b3;
        }

        return hash;
    }

    private static double Logit(double rate) => Math.Log(rate / (1 - rate));

    private static double Sigmoid(double logit) => 1 / (1 + Math.Exp(-logit));
}
