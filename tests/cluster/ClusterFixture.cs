namespace PmOrleans.Cluster.Tests;

/// <summary>One cluster for all tests of a class: each leaves three silos running, and the next makes sure of it.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    public const int Silos = 3;

    public LocalCluster Cluster { get; } = new(Silos, Path.Combine(LocalCluster.Root, "tests", "cluster", "catalog"));

    public Task UpAsync() => Cluster.UpAsync();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Cluster.DisposeAsync();
}
