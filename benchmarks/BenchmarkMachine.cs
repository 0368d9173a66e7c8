using PmOrleans.Simulator.Measuring;

namespace PmOrleans.Benchmarks;

/// <summary>Where a figure comes from: without machine and commit it means nothing.</summary>
public static class BenchmarkMachine
{
    public static void Print()
    {
        Console.WriteLine($"machine: {Machine.Describe()}");
        Console.WriteLine($"commit:  {Machine.Commit()}");
    }
}
