using PmOrleans.Node.Tests.Walk;

namespace PmOrleans.Conformance.Walk;

public sealed class RandomWalkTests
{
    [CaseTheory]
    [MemberData(nameof(RandomWalk.Seeds), 21, 21, MemberType = typeof(RandomWalk))]
    public Task a_store_is_what_a_plain_list_of_what_was_sent_and_answered_says(int seed) => RandomWalk.RunAsync(seed, new WalkSilos(), steps: 150);
}
