using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>When a rule may come out differently although nothing happens. Immutable, one per catalog version.</summary>
/// <remarks>
/// Rules see time only through metrics and recency. Where a rule compares these with constants, the time is computed from the comparison: never too late, and
/// too early only now and then. Where it does anything else with them, every change of a metric's value counts, and what changes with every moment (recency,
/// a decayed sum) is looked at again after <see cref="Recheck"/>. What a rule takes from segments and from the request's context is not looked at here.
/// </remarks>
public sealed class RuleClock
{
    /// <summary>How much later than its time a change may be seen that cannot be computed.</summary>
    public static readonly TimeSpan Recheck = TimeSpan.FromMicroseconds(MetricReading.RecheckMicros);

    private readonly CatalogSnapshot _catalog;
    private readonly ImmutableArray<ImmutableArray<Hand>> _rules;

    public RuleClock(CatalogSnapshot catalog)
    {
        _catalog = catalog;
        _rules = [.. catalog.Rules.Select(rule => rule.Reads.Select(HandOf).OfType<Hand>().ToImmutableArray())];
    }

    /// <summary>Whether time alone can change the rule for anybody.</summary>
    public bool Ticks(int rule) => !_rules[rule].IsEmpty;

    /// <summary>
    /// Earliest time after <paramref name="nowMicros"/> at which the rule may come out differently for this customer if nothing happens;
    /// <see cref="long.MaxValue"/> for never.
    /// </summary>
    /// <param name="rule">Index in <see cref="CatalogSnapshot.Rules"/>.</param>
    public long NextChangeMicros(int rule, CustomerState state, long nowMicros)
    {
        var next = long.MaxValue;
        foreach (var hand in _rules[rule])
        {
            next = Math.Min(next, hand.Metric is { } metric
                ? hand.OnlyCompared
                    ? state.NextMetricCrossingMicros(metric, hand.Thresholds, nowMicros)
                    : state.NextMetricChangeMicros(metric, nowMicros)
                : NextOfRecency(hand, state, nowMicros));
        }

        return next;
    }

    private static long NextOfRecency(Hand hand, CustomerState state, long nowMicros)
    {
        if (state.TallyOf(hand.TouchpointType!) is not { Count: > 0 } tally)
        {
            return long.MaxValue;
        }

        if (!hand.OnlyCompared)
        {
            return nowMicros + MetricReading.RecheckMicros;
        }

        var next = long.MaxValue;
        foreach (var threshold in hand.AgesMicros)
        {
            // Reached at one moment and passed at the next: == and > differ in which of them counts.
            var reached = tally.LastAtMicros + threshold;
            next = Math.Min(next, reached > nowMicros ? reached : reached == nowMicros ? reached + 1 : long.MaxValue);
        }

        return next;
    }

    private Hand? HandOf(RuleRead read)
    {
        ref readonly var binding = ref _catalog.Bindings[read.Slot];
        return binding.Source switch
        {
            SlotSource.Metric => new Hand(binding.Metric, null, read.OnlyCompared, [.. read.Constants.Select(Number).OfType<double>()], []),
            SlotSource.Recency => new Hand(null, binding.Name, read.OnlyCompared, [], [.. read.Constants.Where(c => c.Kind == CelKind.Duration).SelectMany(Ages).Distinct()]),
            _ => null,
        };
    }

    private static double? Number(CelValue constant) => constant.Kind switch
    {
        CelKind.Int => constant.AsInt(),
        CelKind.Uint => constant.AsUint(),
        CelKind.Double => constant.AsDouble(),
        _ => null,
    };

    /// <summary>Whole microseconds around a duration of nanoseconds. An age is never negative, nor longer than time is counted.</summary>
    internal static IEnumerable<long> Ages(CelValue constant)
    {
        var micros = constant.Bits / 1_000;
        const long longest = long.MaxValue / 4;
        if (micros is >= 0 and <= longest)
        {
            yield return micros;
            if (constant.Bits % 1_000 != 0)
            {
                yield return micros + 1;
            }
        }
    }

    /// <param name="Metric">The metric that is read, or</param>
    /// <param name="TouchpointType">the type whose recency is.</param>
    private sealed record Hand(
        MetricDefinition? Metric, string? TouchpointType, bool OnlyCompared, double[] Thresholds, ImmutableArray<long> AgesMicros);
}
