using PmOrleans.Grains.Cluster;

namespace PmOrleans.Grains.Tests;

public sealed class SteadyLoopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task a_step_that_fails_in_whatever_way_is_told_and_followed_by_the_next()
    {
        var steps = 0;
        var failures = new List<Exception>();
        var third = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var loop = new SteadyLoop(TimeSpan.FromMilliseconds(1), Step, failures.Add))
        {
            loop.Start();
            await third.Task.WaitAsync(Patience);
        }

        Assert.Equal([typeof(InvalidOperationException), typeof(OperationCanceledException)], failures.Select(failure => failure.GetType()));

        Task Step(CancellationToken stop)
        {
            switch (++steps)
            {
                case 1: throw new InvalidOperationException();
                case 2: throw new OperationCanceledException();
                default:
                    third.TrySetResult();
                    return Task.CompletedTask;
            }
        }
    }

    [Fact]
    public async Task disposing_ends_a_step_in_the_middle()
    {
        var failures = new List<Exception>();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var loop = new SteadyLoop(TimeSpan.FromMilliseconds(1), Step, failures.Add);
        loop.Start();
        await begun.Task.WaitAsync(Patience);

        await loop.DisposeAsync().AsTask().WaitAsync(Patience);

        Assert.Empty(failures);

        Task Step(CancellationToken stop)
        {
            begun.TrySetResult();
            return Task.Delay(Timeout.Infinite, stop);
        }
    }
}
