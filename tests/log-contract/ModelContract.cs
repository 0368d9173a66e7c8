using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Random interleavings of appends, failures and restarts against a list in memory.</summary>
public abstract class ModelContract<TStore>
    where TStore : ITestStore, new()
{
    private const int Customers = 4;

    [LogFact]
    public void whatever_happens_the_log_holds_what_it_said_it_holds()
    {
        var steps = Gen.ListOf(Gen.Choose(0, 99)).Select(list => list.ToArray());
        var property = Prop.ForAll(Arb.From(steps), codes => RunAsync(codes).GetAwaiter().GetResult());

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(60).WithReplay(20261122, 17), property);
    }

    private static async Task<bool> RunAsync(int[] codes)
    {
        using var store = new TStore();
        var model = new List<(int Customer, long CustomerSequence)>();
        Func<NodeLogOptions, NodeLogOptions> options = usual => usual with { MaxBatchRecords = 3 };
        var log = await store.OpenAsync(options);
        var burst = new List<(int Customer, TestRecord Record)>();
        foreach (var code in codes)
        {
            switch (code)
            {
                case < 70:
                    // Some records come with a sequence that is taken.
                    var customer = (code % Customers) + 1;
                    var next = Next(model, burst, customer) + (code < 6 ? -1 : 0);
                    var record = TestRecord.Of(customer, Math.Max(1, next));
                    if (log.TryAppend(record)) burst.Add((customer, record));
                    break;
                case < 85:
                    await SettleAsync(log, burst, model);
                    break;
                case < 95:
                    FailOnce(store.Faults, code % 4);
                    break;
                default:
                    await log.DisposeAsync();
                    await TakeOverAsync(burst, model);
                    store.Faults.Disarm();
                    log = await store.OpenAsync(options);
                    break;
            }
        }

        await SettleAsync(log, burst, model);
        var rows = log.Reader.ReadRange(0, int.MaxValue);
        await log.DisposeAsync();
        return rows.Select(row => (row.Customer, row.CustomerSequence))
                .SequenceEqual(model.Select(entry => (TestRecord.Key(entry.Customer), entry.CustomerSequence)))
            && rows.Select(row => row.Sequence).SequenceEqual(Enumerable.Range(1, model.Count).Select(n => (long)n));
    }

    private static long Next(List<(int Customer, long CustomerSequence)> model, List<(int Customer, TestRecord Record)> burst, int customer) =>
        1 + Math.Max(
            model.Where(entry => entry.Customer == customer).Select(entry => entry.CustomerSequence).DefaultIfEmpty().Max(),
            burst.Where(entry => entry.Customer == customer).Select(entry => entry.Record.CustomerSequence).DefaultIfEmpty().Max());

    private static async Task SettleAsync(
        INodeLog log, List<(int Customer, TestRecord Record)> burst, List<(int Customer, long CustomerSequence)> model)
    {
        await log.FlushAsync();
        await TakeOverAsync(burst, model);
        await log.UntilHealthyAsync();
    }

    /// <summary>
    /// The model's own rule: a record is in when it was completed; one whose sequence is taken can never be. Everything has been told its fate by now.
    /// </summary>
    private static async Task TakeOverAsync(List<(int Customer, TestRecord Record)> burst, List<(int Customer, long CustomerSequence)> model)
    {
        var failed = new HashSet<int>();
        foreach (var (customer, record) in burst)
        {
            Assert.True(record.Done.IsCompleted, "A record was forgotten.");
            var failure = await record.Done;
            var isTaken = model.Contains((customer, record.CustomerSequence));
            if (failure is null)
            {
                Assert.False(isTaken, "A taken sequence was committed.");
                model.Add((customer, record.CustomerSequence));
            }
            else
            {
                failed.Add(customer);
                if (failure.Kind == LogFailureKind.SequenceClash) Assert.True(isTaken, "A free sequence was refused.");
                if (failure.Kind == LogFailureKind.Predecessor) Assert.Contains(customer, failed);
            }
        }

        burst.Clear();
    }

    private static void FailOnce(ScriptedFaults faults, int place)
    {
        switch (place)
        {
            case 0:
                faults.AtCommit = Once(() => faults.AtCommit = null);
                break;
            case 1:
                faults.InsteadOfCommit = Once(() => faults.InsteadOfCommit = null);
                break;
            case 2:
                faults.AtCommitted = Once(() => faults.AtCommitted = null);
                break;
            default:
                faults.AtInsert = _ => Once(() => faults.AtInsert = null)();
                break;
        }
    }

    private static Action Once(Action disarm) => () =>
    {
        disarm();
        ScriptedFaults.Fail();
    };
}
