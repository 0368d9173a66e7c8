using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Node.Tests.Walk;

public sealed class RandomWalkTests
{
    [LogTheory]
    [MemberData(nameof(RandomWalk.Seeds), 11, 12, MemberType = typeof(RandomWalk))]
    public Task a_store_is_what_a_plain_list_of_what_was_sent_and_answered_says(int seed) => RandomWalk.RunAsync(seed, new WalkSchema());
}
