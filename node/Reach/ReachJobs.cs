using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Reach;

/// <summary>The counts of a node: few at a time, the last ones kept to be read. In memory only: a count is cheap to begin again.</summary>
/// <param name="isAlone">No other node writes to the store.</param>
public sealed class ReachJobs(INodeLog log, CustomerDirectory directory, bool isAlone, TimeProvider time) : IDisposable
{
    /// <summary>Counts that run at once: each takes a processor or two.</summary>
    public const int MostRunning = 2;

    private const int MostKept = 16;
    private readonly Lock _gate = new();
    private readonly List<ReachJob> _jobs = [];

    /// <param name="environment">With the catalog to try.</param>
    /// <param name="refolds">Whether that catalog defines metrics or caps otherwise than the live one.</param>
    public Reply<ReachView> Start(DecisionEnvironment environment, IReadOnlyList<Property> context, bool refolds, IReadOnlyList<CatalogProblem> problems)
    {
        lock (_gate)
        {
            if (_jobs.Count(job => job.IsRunning) >= MostRunning)
            {
                return new Refusal(
                    RefusalKind.Overloaded, $"{MostRunning} counts are running; no more run at once. Cancel one, or wait", RetryAfter: TimeSpan.FromSeconds(5));
            }

            var job = new ReachJob(Guid.CreateVersion7().ToString("N"), environment, [.. context], refolds, problems, log, directory, isAlone, time);
            _jobs.Add(job);
            if (_jobs.Count > MostKept)
            {
                _jobs.Remove(_jobs.First(old => !old.IsRunning));
            }

            job.Start();
            return job.View();
        }
    }

    public Reply<ReachView> Read(string id) => Find(id) is { } job ? job.View() : None(id);

    public Reply<ReachView> Cancel(string id)
    {
        if (Find(id) is not { } job)
        {
            return None(id);
        }

        job.Cancel();
        return job.View();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _jobs.ForEach(job => job.Cancel());
        }
    }

    private static Refusal None(string id) => new(RefusalKind.NotFound, $"there is no count '{id}'; the last {MostKept} are kept");

    private ReachJob? Find(string id)
    {
        lock (_gate)
        {
            return _jobs.Find(job => job.Id == id);
        }
    }
}
