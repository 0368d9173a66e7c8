using PmOrleans.Grains.Hosting;
using PmOrleans.Node.Queue;

namespace PmOrleans.Grains.Tests;

public sealed class SiloNodeOptionsTests
{
    [Fact]
    public void what_is_wrong_with_the_bounds_of_the_queue_is_told_with_the_rest()
    {
        var options = new SiloNodeOptions
        {
            NodeName = "",
            Queue = new QueueOptions
            {
                MaxBytes = 0, MaxAge = TimeSpan.Zero, MaxLate = -1, MaxAttempts = 0, Pause = TimeSpan.FromSeconds(6), RetryPause = TimeSpan.FromSeconds(-1),
            },
        };

        Assert.Equal(
            "queue.maxBytes queue.maxAge queue.maxLate queue.maxAttempts queue.pause queue.retryPause node",
            string.Join(' ', options.Validate().Select(problem => problem.Split(' ')[0])));
        Assert.Empty(new SiloNodeOptions().Validate());
    }
}
