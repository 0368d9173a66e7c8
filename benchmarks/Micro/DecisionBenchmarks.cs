using BenchmarkDotNet.Attributes;

namespace PmOrleans.Benchmarks.Micro;

/// <summary>One decision of the core: filters, caps, holds, arbitration, draw, trace, fold, encoding. An operation is a decision for each of 500 customers.</summary>
[MemoryDiagnoser]
public class DecisionBenchmarks
{
    private const int Customers = 500;
    private CoreScenario _scenario = null!;

    [ParamsAllValues]
    public MeasuredDecision Decision { get; set; }

    [GlobalSetup]
    public void Build() => _scenario = Decision.Scenario(Customers);

    /// <summary>Ends the customers' windows: not part of what is measured.</summary>
    [IterationSetup]
    public void Rest() => _scenario.Rest();

    [Benchmark(OperationsPerInvoke = Customers)]
    public void Decide() => _scenario.DecideAll();

    [GlobalCleanup]
    public void Dispose() => _scenario.Dispose();
}
