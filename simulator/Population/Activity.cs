namespace PmOrleans.Simulator.Population;

/// <summary>How busy everybody is, hour by hour, as a clock that runs faster when more is visited: it shows days, and a day of it is an average one.</summary>
internal sealed class Activity
{
    private const int HoursInDay = 24;
    private readonly double[] _sum;

    public Activity(Scenario scenario)
    {
        var life = scenario.Life;
        _sum = new double[(scenario.Days * HoursInDay) + 1];
        for (var hour = 0; hour < _sum.Length - 1; hour++)
        {
            // Quietest at four in the morning, busiest at eight in the evening.
            var ofDay = 1 + (life.DayShape * -Math.Cos(2 * Math.PI * ((hour % HoursInDay) - 4) / HoursInDay));
            var date = scenario.Start.AddHours(hour);
            var ofWeek = date.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 1 + life.Weekend : 1;
            var level = Math.Max(.001, ofDay) * ofWeek;
            foreach (var burst in life.Bursts)
            {
                level *= hour >= burst.Day * HoursInDay && hour < (burst.Day * HoursInDay) + burst.Hours ? burst.Factor : 1;
            }

            _sum[hour + 1] = _sum[hour] + (level / HoursInDay);
        }
    }

    /// <summary>What the clock shows at a day of the run.</summary>
    public double At(double day)
    {
        var hour = Math.Clamp(day * HoursInDay, 0, _sum.Length - 1);
        var whole = Math.Min((int)hour, _sum.Length - 2);
        return _sum[whole] + ((hour - whole) * (_sum[whole + 1] - _sum[whole]));
    }

    /// <summary>The day of the run at which the clock shows this.</summary>
    public double DayAt(double shown)
    {
        var found = Array.BinarySearch(_sum, shown);
        var hour = Math.Clamp(found >= 0 ? found : ~found - 1, 0, _sum.Length - 2);
        return (hour + Math.Clamp((shown - _sum[hour]) / (_sum[hour + 1] - _sum[hour]), 0, 1)) / HoursInDay;
    }
}
