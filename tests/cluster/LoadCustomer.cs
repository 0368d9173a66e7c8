using System.Diagnostics;

namespace PmOrleans.Cluster.Tests;

/// <summary>One customer of a load and what befell it.</summary>
/// <param name="home">Number of the silo whose gateway is asked first, from 1.</param>
internal sealed class LoadCustomer(string id, int home)
{
    private long _longest;
    private int _answers;

    public string Id => id;

    public int Home => home;

    public int Answers => Volatile.Read(ref _answers);

    public string? LastFailure { get; set; }

    /// <summary>The longest from a request's first sending to its answer.</summary>
    public TimeSpan LongestGap => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _longest));

    public void Mark()
    {
        LastFailure = null;
        Volatile.Write(ref _longest, 0);
    }

    public void Answered(long began)
    {
        Volatile.Write(ref _longest, Math.Max(Volatile.Read(ref _longest), Stopwatch.GetTimestamp() - began));
        Interlocked.Increment(ref _answers);
    }
}
