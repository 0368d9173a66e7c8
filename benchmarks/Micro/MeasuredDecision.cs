namespace PmOrleans.Benchmarks.Micro;

/// <summary>The decisions that are measured; each has a line in the allocation contract.</summary>
public enum MeasuredDecision
{
    SquareCb50,
    Thompson50,
    TenThousandElsewhere,
    TenThousandByAttribute,
    TenThousandBySegment,
}
