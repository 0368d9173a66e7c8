using System.Numerics;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Node.Verification;

/// <summary>
/// The books of experiments counted again the plain way: each customer's value under each assignment is kept, and squared at the end. Shares no code
/// with the fold.
/// </summary>
internal sealed class ExperimentRecount(FindingList findings)
{
    private readonly Dictionary<(int Experiment, int Variant), long[]> _counts = [];

    /// <summary>Value by customer, assignment (experiment, variant, and which of the customer's), as it stands.</summary>
    private readonly Dictionary<(CustomerKey Customer, int Experiment, int Variant, int Nth), long> _values = [];

    private readonly Dictionary<(CustomerKey Customer, int Slot), (int Experiment, int Variant, int Nth)> _assigned = [];

    /// <summary>Squares of what was cut, less those of customers whose value may still grow.</summary>
    private readonly Dictionary<(int Experiment, int Variant), BigInteger> _squares = [];

    /// <summary>Takes up where a cut log begins.</summary>
    /// <exception cref="CorruptDataException">What was saved cannot be read.</exception>
    public void Begin(ReadOnlySpan<byte> books)
    {
        var reader = new ByteReader(books);
        _ = reader.Signed();
        foreach (var (key, tally) in ExperimentBook.Read(ref reader).Tallies)
        {
            _counts[key] = [tally.Customers, tally.Exposures, tally.Impressions, tally.Clicks, tally.Conversions, tally.Rewards, tally.ValueMicros, tally.SpendMicros];
            _squares[key] = (BigInteger)tally.ValueSquares;
        }
    }

    /// <summary>The same for one customer, after the whole.</summary>
    public void Begin(CustomerKey customer, ReadOnlySpan<ExperimentEntry> assigned)
    {
        for (var slot = 0; slot < assigned.Length; slot++)
        {
            var key = (assigned[slot].Experiment, assigned[slot].Variant);
            if (key.Experiment == 0)
            {
                continue;
            }

            // One that was counted anew has the same variant in two slots. No sequence is below zero.
            var nth = -1 - slot;
            BigInteger value = assigned[slot].ValueMicros;
            _assigned[(customer, slot)] = (key.Experiment, key.Variant, nth);
            _values[(customer, key.Experiment, key.Variant, nth)] = assigned[slot].ValueMicros;
            _squares[key] = _squares.GetValueOrDefault(key) - (value * value);
        }
    }

    public void Apply(CustomerKey customer, long sequence, Fact fact)
    {
        switch (fact)
        {
            case ExperimentAssignedFact assigned:
                Count(assigned.Experiment, assigned.Variant)[0]++;
                _assigned[(customer, assigned.Slot)] = (assigned.Experiment, assigned.Variant, (int)sequence);
                break;
            case DecisionFact decision:
                foreach (var placement in decision.Placements)
                {
                    foreach (var exposure in placement.Exposures)
                    {
                        Check(customer, sequence, exposure.Slot, exposure.Experiment, exposure.Variant);
                        var counts = Count(exposure.Experiment, exposure.Variant);
                        counts[1]++;
                        counts[7] += placement.Offers.Sum(offer => offer.SettledMicros);
                    }
                }

                break;
            case OutcomeFact outcome:
                foreach (var exposure in outcome.Exposures)
                {
                    Apply(customer, sequence, outcome, exposure);
                }

                break;
        }
    }

    /// <exception cref="CorruptDataException">What was saved cannot be read.</exception>
    public void Compare(ReadOnlySpan<byte> saved)
    {
        var reader = new ByteReader(saved);
        _ = reader.Signed();
        Compare(ExperimentBook.Read(ref reader), findings);
    }

    /// <summary>Compares books with the recount as it stands.</summary>
    public void Compare(ExperimentBook book, FindingList differences)
    {
        var squares = new Dictionary<(int Experiment, int Variant), BigInteger>(_squares);
        foreach (var ((_, experiment, variant, _), value) in _values)
        {
            squares[(experiment, variant)] = squares.GetValueOrDefault((experiment, variant)) + ((BigInteger)value * value);
        }

        foreach (var key in _counts.Keys.Concat(book.Tallies.Keys).Distinct())
        {
            var tally = book.Tallies.GetValueOrDefault(key);
            long[] found = [tally.Customers, tally.Exposures, tally.Impressions, tally.Clicks, tally.Conversions, tally.Rewards, tally.ValueMicros, tally.SpendMicros];
            var counted = _counts.GetValueOrDefault(key) ?? new long[8];
            var expected = BigInteger.Min(squares.GetValueOrDefault(key), (BigInteger)Int128.MaxValue);
            if (!counted.AsSpan().SequenceEqual(found) || expected != (BigInteger)tally.ValueSquares)
            {
                differences.Add(
                    FindingKind.ExperimentDiffers, $"experiment {key.Experiment} variant {key.Variant}",
                    $"{string.Join(' ', counted)} squares {expected}", $"{string.Join(' ', found)} squares {tally.ValueSquares}");
            }
        }
    }

    private void Apply(CustomerKey customer, long sequence, OutcomeFact outcome, OutcomeExposure exposure)
    {
        Check(customer, sequence, exposure.Slot, exposure.Experiment, exposure.Variant);
        var nth = _assigned.GetValueOrDefault((customer, exposure.Slot)).Nth;
        var key = (customer, exposure.Experiment, exposure.Variant, nth);
        var before = _values.GetValueOrDefault(key);
        if (before != exposure.ValueBeforeMicros)
        {
            findings.Add(FindingKind.ExperimentDiffers, $"record {sequence} of customer {customer}, value before", before, exposure.ValueBeforeMicros);
        }

        _values[key] = Sum(before, outcome.ValueMicros);
        var counts = Count(exposure.Experiment, exposure.Variant);
        counts[2] += outcome.Event == OutcomeEvent.Impression ? 1 : 0;
        counts[3] += outcome.Event == OutcomeEvent.Click ? 1 : 0;
        counts[4] += outcome.Event == OutcomeEvent.Conversion ? 1 : 0;
        counts[5] += outcome.Reward == 1 ? 1 : 0;
        counts[6] = Sum(counts[6], outcome.ValueMicros);
        counts[7] += outcome.SettledMicros;
    }

    /// <summary>A sum of values stays at the largest number when there is more.</summary>
    private static long Sum(long left, long right) => (long)Int128.Min((Int128)left + right, long.MaxValue);

    private void Check(CustomerKey customer, long sequence, int slot, int experiment, int variant)
    {
        var assigned = _assigned.GetValueOrDefault((customer, slot));
        if ((assigned.Experiment, assigned.Variant) != (experiment, variant))
        {
            findings.Add(
                FindingKind.ExperimentDiffers, $"record {sequence} of customer {customer}, slot {slot}",
                $"experiment {assigned.Experiment} variant {assigned.Variant}", $"experiment {experiment} variant {variant}");
        }
    }

    /// <summary>Customers, exposures, impressions, clicks, conversions, rewards, value, spend.</summary>
    private long[] Count(int experiment, int variant)
    {
        if (!_counts.TryGetValue((experiment, variant), out var counts))
        {
            _counts.Add((experiment, variant), counts = new long[8]);
        }

        return counts;
    }
}
