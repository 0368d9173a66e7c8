using PmOrleans.Node.Embedded;
using PmOrleans.Node.Tests.Log;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>Whoever asked stops waiting when the time is over, however long the store takes; what was asked for happens once all the same.</summary>
public sealed class DeadlineTests : IDisposable
{
    private readonly ScriptedFaults _faults = new();
    private readonly ManualResetEventSlim _gate = new();

    public void Dispose() => _gate.Dispose();

    [Fact]
    public async Task a_decision_is_waited_for_until_its_deadline_and_a_repeat_gets_its_answer()
    {
        using var folder = new AttackFolder();
        await using (var node = await OpenAsync(folder))
        {
            var standing = _faults.StopAtBegin(_gate);
            using var deadline = new CancellationTokenSource();
            var waiting = node.DecideAsync(Request("c-1", "d-1"), deadline.Token).AsTask();
            await standing;
            Assert.False(waiting.IsCompleted);

            await deadline.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

            // While the first is still on its way a repeat waits for it, and gives up in its turn.
            using var second = new CancellationTokenSource();
            var repeat = node.DecideAsync(Request("c-1", "d-1"), second.Token).AsTask();
            Assert.False(repeat.IsCompleted);
            await second.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => repeat);

            var third = node.DecideAsync(Request("c-1", "d-1")).AsTask();
            _gate.Set();
            var answer = (await third).Value!;
            Assert.True(answer.Repeated);
            Assert.Equal(1, (await node.ReadCustomerAsync("c-1")).Value!.Sequence);
            Assert.Single(answer.Placements[0].Offers);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_deadline_that_passes_before_a_commit_that_fails_leaves_nothing_behind()
    {
        using var folder = new AttackFolder();
        await using (var node = await OpenAsync(folder))
        {
            var standing = _faults.StopAtBegin(_gate);
            using var deadline = new CancellationTokenSource();
            var waiting = node.DecideAsync(Request("c-1", "d-1"), deadline.Token).AsTask();
            await standing;

            // Not before: a failure of what the node writes by itself would have the decision refused at the door.
            _faults.AtCommit = ScriptedFaults.Fail;
            await deadline.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            _gate.Set();
            await node.Log.FlushAsync();
            _faults.Disarm();
            await BudgetAttackTests.WritableAsync(node);

            Assert.False((await node.DecideAsync(Request("c-1", "d-1"))).Value!.Repeated);
            Assert.Equal(1, (await node.ReadCustomerAsync("c-1")).Value!.Sequence);
        }

        await folder.AssertCleanAsync();
    }

    private Task<EmbeddedNode> OpenAsync(AttackFolder folder) =>
        folder.OpenAsync(AttackCatalogs.Capped("decision", 2), options => options with { ConfigureLog = log => log with { Faults = _faults, MaxBackOff = TimeSpan.FromMilliseconds(20) } });
}
