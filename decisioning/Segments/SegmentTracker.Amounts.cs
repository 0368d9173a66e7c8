using System.Collections.Immutable;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Segments;

/// <content>The numbers of the customer that are added up over segments, and those behind RFM.</content>
public static partial class SegmentTracker
{
    private static void ReportAmounts(CustomerState state, DecisionEnvironment environment, SegmentPlan plan, SegmentWork work, ProfileInput input)
    {
        if (plan.Amounts.IsEmpty)
        {
            return;
        }

        if (work.AllAmounts || work.Entered.Count + work.Left.Count > 0)
        {
            for (var i = 0; i < plan.Amounts.Length; i++)
            {
                // Those of RFM are everybody's, whoever enters or leaves what.
                if (work.AllAmounts || plan.Amounts[i].Expression is not null || work.Amounts.Contains(i))
                {
                    Report(i);
                }
            }

            return;
        }

        work.Amounts.Sort();
        foreach (var index in work.Amounts)
        {
            Report(index);
        }

        void Report(int index)
        {
            var amount = plan.Amounts[index];
            if (!IsWanted(plan.AmountSegments[index], amount))
            {
                return;
            }

            var value = Read(amount, state, environment, input);
            var known = state.Membership.TryGetAmount(amount.Number, out var before);
            if (known ? value != before : value != 0)
            {
                work.Reported.Add(new SegmentAmount(amount.Number, value));
            }
        }

        bool IsWanted(ImmutableArray<int> segments, SegmentAmountDefinition amount)
        {
            if (amount.Expression is null)
            {
                return true;
            }

            foreach (var number in segments)
            {
                if (work.Entered.Contains(number) || (state.IsInSegment(number) && !work.Left.Contains(number)))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private static long Read(SegmentAmountDefinition amount, CustomerState state, DecisionEnvironment environment, ProfileInput input)
    {
        if (amount.Expression is { } expression)
        {
            return Micros(expression.Evaluate(input));
        }

        var tally = state.TallyOf(environment.Catalog.Rfm!.Type);
        return amount.Source switch
        {
            SegmentAmountSource.RfmLastAt => tally.LastAtMicros,
            SegmentAmountSource.RfmCount => tally.Count,
            _ => tally.ValueMicros,
        };
    }

    /// <summary>Millionths, rounded to the nearest, halves to even; 0 for what is no number.</summary>
    private static long Micros(in CelValue value)
    {
        var number = value.Kind switch
        {
            CelKind.Int => value.AsInt(),
            CelKind.Uint => value.AsUint(),
            CelKind.Double => value.AsDouble(),
            _ => 0,
        };
        var micros = Math.Round(number * 1e6);
        return double.IsNaN(micros) ? 0 : micros >= long.MaxValue ? long.MaxValue : micros <= long.MinValue ? long.MinValue : (long)micros;
    }
}
