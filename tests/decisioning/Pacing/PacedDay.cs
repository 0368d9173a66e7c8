using PmOrleans.Decisioning.Pacing;

namespace PmOrleans.Decisioning.Tests.Pacing;

/// <summary>Serves a simulated day under the price, with the hard stop at the budget.</summary>
/// <param name="State">The state at the day's end.</param>
/// <param name="Value">Value served.</param>
/// <param name="Spent">Share of the budget spent.</param>
internal sealed record PacedDay(PaceState State, double Value, double Spent)
{
    private const double Micros = 1e6;

    /// <param name="day">What happens.</param>
    /// <param name="number">Days since 1970.</param>
    /// <param name="state">Where the controller stands.</param>
    /// <param name="options">Its knobs.</param>
    /// <param name="tickMicros">Time between ticks; 0 for a tick at every opportunity.</param>
    public static PacedDay Serve(TrafficDay day, int number, PaceState state, PacingOptions options, long tickMicros)
    {
        long begin = number * TrafficDay.DayMicros, end = begin + TrafficDay.DayMicros, from = begin, nextTick = begin + tickMicros;
        double left = TrafficDay.Budget * Micros, value = 0, scores = 0, costs = 0, spend = 0;
        long seen = 0;
        for (int i = 0; i < day.At.Length; i++)
        {
            long at = begin + day.At[i];
            while (tickMicros > 0 && nextTick <= at) Tick(nextTick);

            double cost = Math.Round(day.Cost[i] * Micros);
            seen++;
            scores += day.Value[i];
            costs += cost;
            if (day.Value[i] - state.Price * cost > 0 && cost <= left)
            {
                value += day.Value[i];
                left -= cost;
                spend += cost;
            }

            if (tickMicros == 0 && at > from) Tick(at);
        }

        while (tickMicros > 0 && nextTick <= end) Tick(nextTick);
        return new PacedDay(state, value, 1 - left / (TrafficDay.Budget * Micros));

        void Tick(long to)
        {
            state = PacePrice.Advance(state, new PaceWindow(from, to, end, seen, (long)spend, (long)left, scores, costs), options);
            (from, nextTick, seen, scores, costs, spend) = (to, to + tickMicros, 0, 0, 0, 0);
        }
    }

    /// <summary>The state after days like any other; the price is taken back to 0 so that nothing but the traffic is known.</summary>
    public static PaceState Learned(PacingOptions options, int days, int seed)
    {
        var state = PaceState.Initial;
        for (int day = 0; day < days; day++) state = Serve(TrafficDay.Simulate(seed + day), day, state, options, 30_000_000).State;
        return state with { Price = 0 };
    }
}
