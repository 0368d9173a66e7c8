using System.Collections.Immutable;
using System.Globalization;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Tests.Codec;

/// <summary>Facts of every kind with values over their whole range, from a seed.</summary>
internal sealed class RandomFacts(int seed)
{
    private readonly Random _random = new(seed);

    public List<Fact> Record() => [.. Enumerable.Range(0, _random.Next(0, 12)).Select(_ => One(_random.Next(1, 15)))];

    public Fact One(int kind) => kind switch
    {
        1 => new TouchpointFact(Touchpoint(), Time(), Time(), Flag(), (ulong)_random.NextInt64()),
        2 => Decision(),
        3 => Outcome(),
        4 => new SegmentChangeFact(Time(), Numbers(), Numbers(), [.. Numbers().Select(number => new SegmentAmount(number, _random.NextInt64()))]),
        5 => new LeaseGrantedFact(Number(), Number(), Time(), Money()),
        6 => new LeaseReturnedFact(Number(), Number(), Time(), Money(), Flag()),
        7 => new PublishedFact(Number(), Text(), Time()),
        8 => new PauseChangedFact(Number(), Flag(), Time()),
        9 => new ErasureFact(Time()),
        10 => new IdentityFact(Text()),
        11 => new ExperimentAssignedFact(Number(), Number(), _random.Next(64), Time()),
        12 => new SuppressedFact(Number(), (CapPer)_random.Next(1, 6), Number(), Time(), Time()),
        13 => new StockChangedFact(Number(), Flag(), Time()),
        _ => new UnknownFact((byte)_random.Next(32, 256), Bytes(), Bytes()),
    };

    private ImmutableArray<int> Numbers() => [.. Enumerable.Range(0, _random.Next(0, 5)).Select(_ => _random.Next(1, 1_000_000)).Distinct().Order()];

    private DecisionFact Decision() => new()
    {
        AtMicros = Time(),
        CatalogVersion = Number(),
        DecisionId = Flag() ? Text() : null,
        DecisionHash = new UInt128((ulong)_random.NextInt64(), (ulong)_random.NextInt64()),
        BodyHash = (ulong)_random.NextInt64(),
        Context = Properties(),
        Placements = [.. Enumerable.Range(0, _random.Next(0, 4)).Select(_ => new PlacementDecision(
            Number(), Number(), Flag(), Number(), Time(), [.. Enumerable.Range(0, _random.Next(0, 4)).Select(_ => Offer())]) { Trace = Bytes(), HoldUntilMicros = Flag() ? Time() : 0, Exposures = Flag() ? [new(Number(), Number(), _random.Next(64))] : [] })],
    };

    private ServedOffer Offer() => new()
    {
        Offer = Number(),
        Creative = Number(),
        Campaign = Number(),
        Category = Number(),
        Channel = Number(),
        Propensity = _random.NextDouble(),
        Score = (_random.NextDouble() - .5) * Math.Pow(10, _random.Next(-300, 300)),
        CostMicros = Money(),
        ReservedMicros = Money(),
        SettledMicros = Money(),
        ChargesTotal = Flag(),
        BudgetDay = Number(),
        HoldUntilMicros = Time(),
        ReserveUntilMicros = Time(),
        GoalUntilMicros = Time(),
    };

    private OutcomeFact Outcome() => new()
    {
        Event = Enum.GetValues<OutcomeEvent>()[_random.Next(Enum.GetValues<OutcomeEvent>().Length)],
        AtMicros = Time(),
        DecisionSequence = Time(),
        Slot = Number(),
        Offer = Number(),
        Campaign = Number(),
        Category = Number(),
        Channel = Number(),
        Placement = Number(),
        Policy = Number(),
        Segment = Number(),
        DecisionAtMicros = Time(),
        Holdout = Flag(),
        Late = Flag(),
        ValueMicros = Money(),
        Reward = _random.Next(-1, 2),
        SettledMicros = Flag() ? Money() : 0,
        FromReserveMicros = Flag() ? Money() : 0,
        ReleasedMicros = Flag() ? Money() : 0,
        UnbilledMicros = Flag() ? Money() : 0,
        ChargesTotal = Flag(),
        BudgetDay = Flag() ? Number() : 0,
        Exposures = Flag() ? [new(Number(), Number(), _random.Next(64), Money()), new(Number(), Number(), 63, 0)] : [],
    };

    private Touchpoint Touchpoint() => new()
    {
        MessageId = Flag() ? Text() : null,
        CustomerId = Text(),
        Type = Text(),
        AtMicros = Flag() ? Time() : null,
        Channel = Flag() ? Text() : null,
        DecisionId = Flag() ? Text() : null,
        OfferId = Flag() ? Text() : null,
        ValueMicros = Flag() ? Math.Abs(Money()) : null,
        Currency = Flag() ? "CNY" : null,
        Properties = Properties(),
        Set = Properties(),
        Unset = [.. Enumerable.Range(0, _random.Next(0, 3)).Select(_ => Text())],
        Purpose = Flag() ? Text() : null,
        Granted = _random.Next(3) switch { 0 => null, 1 => false, _ => true },
    };

    private Property[] Properties() => [.. Enumerable.Range(0, _random.Next(0, 4)).Select(_ => new Property(Text(), _random.Next(5) switch
    {
        0 => default,
        1 => PropertyValue.Of(Text()),
        2 => PropertyValue.Of(_random.NextDouble() * 1e9),
        3 => PropertyValue.Of(Flag()),
        _ => PropertyValue.OfJson("[1,{\"a\":\"é\"}]"),
    }))];

    private bool Flag() => _random.Next(2) == 0;

    private int Number() => _random.Next(4) switch { 0 => 0, 1 => _random.Next(200), 2 => int.MaxValue, _ => _random.Next() };

    private long Time() => _random.Next(5) switch { 0 => 0, 1 => long.MinValue, 2 => long.MaxValue, 3 => -1, _ => _random.NextInt64() };

    private long Money() => _random.Next(3) switch { 0 => 0, 1 => _random.NextInt64(1_000_000_000_000), _ => long.MaxValue };

    private byte[] Bytes()
    {
        var bytes = new byte[_random.Next(0, 40)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Text() => _random.Next(5) switch
    {
        0 => "",
        1 => "客户-" + _random.Next().ToString(CultureInfo.InvariantCulture),
        2 => "\U0001F600\0\n",
        3 => new string('x', _random.Next(0, 300)),
        _ => "id-" + _random.Next(100).ToString(CultureInfo.InvariantCulture),
    };
}
