namespace PmOrleans.Simulator.Runs;

/// <summary>What one customer's visits came to: true rates, true value, clicks.</summary>
public struct CustomerTally
{
    public double Rate;
    public double Value;
    public int Clicks;
    public int Visits;
}
