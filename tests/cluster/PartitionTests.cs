using Xunit.Abstractions;

namespace PmOrleans.Cluster.Tests;

/// <summary>A network that is cut on one side only: each silo in a network namespace of its own. The same rules as everywhere, by the verifier's recount.</summary>
public sealed class PartitionTests(ITestOutputHelper output)
{
    [PartitionFact]
    public async Task a_silo_cut_off_from_the_others_but_not_from_the_database_does_not_spend_or_count_twice() => await CutAsync("silos");

    [PartitionFact]
    public async Task customers_of_a_silo_cut_off_from_the_others_who_come_by_the_others_are_served_there_once_it_is_given_up() => await CutAsync("silos", closed: true);

    [PartitionFact]
    public async Task a_silo_cut_off_from_the_database_but_not_from_the_others_does_not_hold_anybody_up() => await CutAsync("postgres");

    /// <param name="closed">Whether nobody asks at the gateway of the silo that is cut off.</param>
    private async Task CutAsync(string from, bool closed = false)
    {
        await using var cluster = new LocalCluster(ClusterFixture.Silos, Path.Combine(LocalCluster.Root, "tests", "cluster", "catalog"), namespaces: true);
        await cluster.UpAsync();
        await using var load = new ClusterLoad(cluster, "cut-" + from);
        load.Start();
        await load.UntilEverybodyIsServedAsync(5);

        if (closed)
        {
            load.Close(3);
            await load.UntilEverybodyIsServedAsync();
        }

        load.Mark();
        await cluster.CutAsync(3, from);

        // Cut off from the others it is thought dead, and cut off from the database it sees that they write: either way it ends itself. Until then it may serve
        // its own customers, as nobody else does.
        await cluster.UntilEndedAsync(3);
        await load.UntilEverybodyIsServedAsync();
        output.Say($"cut off from {from}{(closed ? ", its gateway not asked" : "")}: longest without an answer: customers of silo 3 {ChaosReport.Seconds(load.LongestGap(3))}, of the others {ChaosReport.Seconds(load.LongestGap(1, 2))}");

        load.Mark();
        await cluster.HealAsync(3);
        await cluster.UpAsync();
        load.Reopen(3);
        await load.UntilEverybodyIsServedAsync();
        output.Say($"healed: longest without an answer {ChaosReport.Seconds(load.LongestGap(1, 2, 3))}");
        await load.CheckAnswersAsync();
        await cluster.VerifyAsync();
    }
}
