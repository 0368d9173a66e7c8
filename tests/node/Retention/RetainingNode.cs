using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log.Writing;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Tests.Embedded;

namespace PmOrleans.Node.Tests.Retention;

/// <summary>A node that cuts its own log, in small steps and as soon as anything is due, and what a test hears of it.</summary>
internal sealed class RetainingNode
{
    private readonly Lock _gate = new();
    private readonly List<RetentionReport> _reports = [];
    private long _steps;

    /// <summary>Awaited before each transaction of a cut.</summary>
    public Func<CutStep, Task>? BeforeStep { get; set; }

    /// <summary>The one that was opened last.</summary>
    public EmbeddedNode Node { get; private set; } = null!;

    public string? Export { get; init; }

    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(2);

    public int Together { get; init; } = 7;

    public LogFaults? Faults { get; init; }

    /// <summary>Transactions that were worked out, also those that were not written.</summary>
    public long Steps => Interlocked.Read(ref _steps);

    public IReadOnlyList<RetentionReport> Reports
    {
        get
        {
            lock (_gate)
            {
                return [.. _reports];
            }
        }
    }

    public bool HasCut => Reports.Any(report => report is { Failure: null, Records: > 0 });

    public EmbeddedNodeOptions Configure(EmbeddedNodeOptions options) => options with
    {
        SnapshotAge = TimeSpan.FromMilliseconds(50),
        ConfigureLog = log => Faults is null ? log : log with { Faults = Faults },
        Retention = new RetentionOptions
        {
            Keep = Keep,
            KeepAtEnd = TimeSpan.FromHours(1),
            Every = TimeSpan.FromMinutes(1),
            LookEvery = TimeSpan.FromMilliseconds(5),
            RetryAfter = TimeSpan.FromMilliseconds(20),
            RecordsTogether = Together,
            RecordsPerFile = 40,
            ExportFolder = Export,
            OnReport = report =>
            {
                lock (_gate)
                {
                    _reports.Add(report);
                }
            },
            BeforeStep = async step =>
            {
                Interlocked.Increment(ref _steps);
                await (BeforeStep?.Invoke(step) ?? Task.CompletedTask);
            },
        },
    };

    public async Task<EmbeddedNode> OpenAsync(AttackFolder folder)
    {
        var opened = new TaskCompletionSource();
        var before = BeforeStep;
        BeforeStep = async step =>
        {
            await opened.Task;
            await (before?.Invoke(step) ?? Task.CompletedTask);
        };
        Node = await folder.OpenAsync(null, Configure);
        opened.SetResult();
        return Node;
    }

    /// <summary>One that does nothing by itself: it cuts when it is told to.</summary>
    public Task<EmbeddedNode> OpenSteppedAsync(AttackFolder folder) => folder.OpenAsync(null, options => Configure(options) with { Stepped = true });
}
