namespace PmOrleans.Node.Verification;

/// <summary>How far a verification is: every record is read twice, in the log's order and in its customer's. Any thread.</summary>
/// <param name="total">Records in the log.</param>
/// <param name="report">Told how many readings are done and how many there are; <c>null</c>: nobody.</param>
internal sealed class VerifyProgress(long total, Action<long, long>? report)
{
    private long _done;

    public void Add(long records)
    {
        if (report is not null)
        {
            report(Interlocked.Add(ref _done, records), 2 * total);
        }
    }
}
