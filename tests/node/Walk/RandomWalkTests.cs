namespace PmOrleans.Node.Tests.Walk;

public sealed class RandomWalkTests
{
    [Theory]
    [MemberData(nameof(RandomWalk.Seeds), 1, 6, MemberType = typeof(RandomWalk))]
    public Task a_store_is_what_a_plain_list_of_what_was_sent_and_answered_says(int seed) => RandomWalk.RunAsync(seed, new WalkFolder());
}
