using System.Buffers;
using PmOrleans.Decisioning.Pacing;

namespace PmOrleans.Decisioning.Tests.Pacing;

public sealed class PacePriceTests
{
    private const long Minute = 60_000_000;
    private static readonly PacingOptions Options = new();

    [Fact]
    public void spending_faster_than_planned_raises_the_price_and_slower_lowers_it()
    {
        // 100 opportunities a minute for a day at cost 1: budget for a fifth of them
        var state = Run(PaceState.Initial, 0, minutes: 60, spendPerMinute: 20_000_000);
        double price = state.Price;

        var faster = Run(state, 60, minutes: 1, spendPerMinute: 90_000_000);
        var slower = Run(faster, 61, minutes: 1, spendPerMinute: 0);

        Assert.True(faster.Price > price);
        Assert.True(slower.Price < faster.Price);
    }

    [Fact]
    public void the_price_is_in_score_units_per_micro()
    {
        // one tick from 0, flat day: 1440 minutes x 100 opportunities, nothing left to spend, all served: rate 0, spend 1 per opportunity
        var state = PacePrice.Advance(PaceState.Initial, new PaceWindow(0, Minute, 1440 * Minute, 100, 100_000_000, 0, 300, 100_000_000), Options);

        // eta n / (1 + eta n / 2) = 1 / 1.5 of a scaled price; one scaled unit is a score of 3 per 1,000,000 micros
        Assert.Equal(3e-6 / 1.5, state.Price, 1e-15);
    }

    [Fact]
    public void the_price_is_never_negative()
    {
        var state = Run(PaceState.Initial, 0, minutes: 100, spendPerMinute: 0);

        Assert.Equal(0, state.Price);
    }

    [Fact]
    public void remaining_opportunities_follow_a_flat_day_before_anything_is_learned()
    {
        var state = Run(PaceState.Initial, 0, minutes: 360, spendPerMinute: 0);

        Assert.Equal(1080 * 100, state.Remaining, 1.0);
    }

    [Fact]
    public void a_repeated_window_changes_nothing()
    {
        var state = Run(PaceState.Initial, 0, minutes: 10, spendPerMinute: 90_000_000);

        Assert.Same(state, PacePrice.Advance(state, new PaceWindow(9 * Minute, 10 * Minute, 1440 * Minute, 100, 1, 1, 1, 1), Options));
    }

    [Fact]
    public void a_tick_without_opportunities_keeps_the_price()
    {
        var state = Run(PaceState.Initial, 0, minutes: 10, spendPerMinute: 90_000_000);

        var quiet = PacePrice.Advance(state, new PaceWindow(10 * Minute, 11 * Minute, 1440 * Minute, 0, 0, 1_000_000, 0, 0), Options);

        Assert.True(state.Price > 0);
        Assert.Equal(state.Price, quiet.Price);
    }

    [Fact]
    public void the_last_minute_and_the_time_after_it_stay_finite()
    {
        var state = Run(PaceState.Initial, 0, minutes: 1440, spendPerMinute: 20_000_000);
        state = PacePrice.Advance(state, new PaceWindow(1440 * Minute, 1441 * Minute, 1440 * Minute, 5, 0, 1_000_000, 5, 5_000_000), Options);

        Assert.Equal(0, state.Remaining);
        Assert.True(double.IsFinite(state.Price));
    }

    [Fact]
    public void free_or_worthless_opportunities_have_no_price()
    {
        var free = PacePrice.Advance(PaceState.Initial, new PaceWindow(0, Minute, 1440 * Minute, 100, 0, 0, 100, 0), Options);
        var worthless = PacePrice.Advance(PaceState.Initial, new PaceWindow(0, Minute, 1440 * Minute, 100, 100, 0, -5, 100), Options);

        Assert.Equal(0, free.Price);
        Assert.Equal(0, worthless.Price);
    }

    [Fact]
    public void impossible_windows_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PacePrice.Advance(PaceState.Initial, new PaceWindow(5, 5, 9, 1, 1, 1, 1, 1), Options));
        Assert.Throws<ArgumentException>(() => PacePrice.Advance(PaceState.Initial, new PaceWindow(0, 5, 9, -1, 1, 1, 1, 1), Options));
        Assert.Throws<ArgumentException>(() => PacePrice.Advance(PaceState.Initial, new PaceWindow(0, 5, 9, 1, -1, 1, 1, 1), Options));
        Assert.Throws<ArgumentException>(() => PacePrice.Advance(PaceState.Initial, new PaceWindow(0, 5, 9, 1, 1, 1, double.NaN, 1), Options));
        Assert.Throws<ArgumentException>(() => PacePrice.Advance(PaceState.Initial, new PaceWindow(0, 5, 9, 1, 1, 1, 1, -1), Options));
    }

    [Fact]
    public void a_learned_day_is_foreseen_the_next_day()
    {
        var options = new PacingOptions();
        var learned = PacedDay.Learned(options, 3, 40);

        // 08:00 to 09:00 has (1 - .6 cos(2 pi 8.5 / 24)) / 24 of the day's 100,000
        double hour = learned.Traffic.Forecast((3 * 24 + 8) * 60 * Minute, (3 * 24 + 9) * 60 * Minute);

        Assert.Equal(100_000 / 24.0 * (1 - .6 * Math.Cos(2 * Math.PI * 8.5 / 24)), hour, 300.0);
    }

    [Fact]
    public void the_state_survives_storage()
    {
        var state = PacedDay.Learned(Options, 2, 7) with { Price = 1.25e-6 };
        var bytes = Write(state);

        var read = PaceState.Read(bytes);

        Assert.Equal(bytes, Write(read));
        var window = new PaceWindow(2 * 1440 * Minute, 2 * 1440 * Minute + Minute, 3 * 1440 * Minute, 70, 9_000_000, 20_000_000_000, 70, 70_000_000);
        Assert.Equal(PacePrice.Advance(state, window, Options).Price, PacePrice.Advance(read, window, Options).Price);
    }

    [Fact]
    public void damaged_states_are_refused()
    {
        byte[] bytes = Write(PacedDay.Learned(Options, 1, 7));
        byte[] unknown = [.. bytes];
        unknown[0] = 99;

        for (int length = 0; length < bytes.Length; length += 7) Assert.Throws<InvalidDataException>(() => PaceState.Read(bytes.AsSpan(0, length)));
        Assert.Throws<InvalidDataException>(() => PaceState.Read([.. bytes, 0]));
        Assert.Contains("99", Assert.Throws<InvalidDataException>(() => PaceState.Read(unknown)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void all_wrong_options_are_named_at_once()
    {
        var options = new PacingOptions { Eta = 0, SlotLength = TimeSpan.FromMinutes(7), ProfileWeight = 2, LevelMemory = double.NaN };

        Assert.Equal("eta slotLength profileWeight levelMemory", string.Join(' ', options.Validate().Select(problem => problem.Field)));
        Assert.Empty(new PacingOptions().Validate());
    }

    private static PaceState Run(PaceState state, int fromMinute, int minutes, long spendPerMinute)
    {
        for (int minute = fromMinute; minute < fromMinute + minutes; minute++)
        {
            long left = (1440 - minute - 1) * 20_000_000L;
            state = PacePrice.Advance(
                state, new PaceWindow(minute * Minute, (minute + 1) * Minute, 1440 * Minute, 100, spendPerMinute, left, 100, 100_000_000), Options);
        }

        return state;
    }

    private static byte[] Write(PaceState state)
    {
        var buffer = new ArrayBufferWriter<byte>();
        state.Write(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
