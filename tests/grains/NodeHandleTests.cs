using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Tests;

public sealed class NodeHandleTests
{
    [Fact]
    public async Task who_waits_for_an_engine_that_cannot_start_is_told_as_by_a_silo_that_is_lost()
    {
        var handle = new NodeHandle();
        var waiting = handle.GetAsync().AsTask();

        handle.Failed(new NodeLogException(NodeLogError.Unavailable, "away"));

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => waiting);
        Assert.True(LostCalls.IsLost(failure));
        Assert.Equal("away", failure.Message);
    }

    [Fact]
    public void a_start_that_waits_for_the_store_says_so()
    {
        var handle = new NodeHandle();
        IClusterEdge edge = handle;
        Assert.Equal(["starting"], edge.Starting);

        handle.Unread = "away";

        Assert.Equal(["starting", "the store cannot be read", "away"], edge.Starting);
    }
}
