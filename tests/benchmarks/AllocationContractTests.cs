using PmOrleans.Benchmarks.Micro;

namespace PmOrleans.Benchmarks.Tests;

public sealed class AllocationContractTests
{
    [Theory]
    [InlineData(MeasuredDecision.SquareCb50)]
    [InlineData(MeasuredDecision.Thompson50)]
    [InlineData(MeasuredDecision.TenThousandElsewhere)]
    [InlineData(MeasuredDecision.TenThousandByAttribute)]
    [InlineData(MeasuredDecision.TenThousandBySegment)]
    public void a_decision_allocates_no_more_than_the_contract_says(MeasuredDecision decision)
    {
        var bytes = AllocationContract.Measure(decision);

        Assert.True(bytes <= AllocationContract.MostBytes[decision], $"{decision}: {bytes:F0} bytes; benchmarks/allocations.json allows {AllocationContract.MostBytes[decision]:F0}");
    }

    [Fact]
    public void every_measured_decision_has_a_limit() => Assert.Equal(Enum.GetValues<MeasuredDecision>().Length, AllocationContract.MostBytes.Count);
}
