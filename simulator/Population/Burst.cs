namespace PmOrleans.Simulator.Population;

/// <summary>Hours in which more comes than usual.</summary>
public sealed class Burst
{
    /// <summary>Days after the beginning.</summary>
    public double Day { get; set; }

    public double Hours { get; set; } = 1;

    /// <summary>Times the usual.</summary>
    public double Factor { get; set; } = 5;
}
