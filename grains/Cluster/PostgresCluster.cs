using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Configuration;
using PmOrleans.Grains.Hosting;
using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Cluster;

/// <summary>A cluster whose members find each other in the database that holds their logs.</summary>
/// <param name="ConnectionString">In Npgsql's form.</param>
/// <param name="Schema">One schema is one cluster.</param>
public sealed record PostgresCluster(string ConnectionString, string Schema = "pmorleans")
{
    private const string Name = "pmorleans";
    private const string Members = "pmorleans-membership";

    /// <summary>
    /// Between the last customer's leaving a silo that stops and the closing of its node: what others had under way to it is sent on at once, and each answer tells them the
    /// customer's new place. Without it these calls share the processors with the closing, and the last of them are cut off at its end.
    /// </summary>
    private static readonly TimeSpan SendsOn = TimeSpan.FromSeconds(1);

    /// <summary>
    /// From release 10.3 on nobody is suspected of whom anything was heard within four times this, by default 16 s, in which a frozen silo's customers would have no
    /// answer. Set by name: earlier releases neither have the option nor need it.
    /// </summary>
    private static readonly IConfiguration Silence =
        new ConfigurationBuilder().AddInMemoryCollection([new("MaxProbeTimeout", "00:00:01.500")]).Build();

    private string MembershipConnection => PostgresStore.SessionsBeside(ConnectionString, Schema, Members);

    /// <summary>Makes the tables of membership where there are none.</summary>
    /// <exception cref="NodeLogException">Server unavailable or not to be used so, or the role may not create tables.</exception>
    public async Task EnsureTablesAsync(CancellationToken cancellation = default)
    {
        await using var source = PostgresStore.OpenBeside(ConnectionString, Schema, Members);
        try
        {
            await MembershipTables.EnsureAsync(source, Schema, cancellation);
        }
        catch (NpgsqlException failed)
        {
            throw new NodeLogException(NodeLogError.Unavailable, $"The tables of membership in schema '{Schema}' cannot be found or made: {failed.Message}", failed);
        }
    }

    /// <summary>The log of one silo's node.</summary>
    internal PostgresLogOptions LogOf(SiloNodeOptions silo) => new()
    {
        ConnectionString = ConnectionString,
        Schema = Schema,
        Node = silo.NodeName,
        Commit = silo.Commit,
        MaxQueuedBytes = silo.MaxQueuedBytes,
    };

    /// <summary>Makes a silo a member.</summary>
    /// <param name="address">At which the others reach this silo.</param>
    /// <param name="clientPort">For gateways that are no silos; 0: none.</param>
    public ISiloBuilder Join(ISiloBuilder silo, IPAddress address, int siloPort, int clientPort)
    {
        // A dead silo is found out in some six seconds: probes go out each second, four in a row must fail, and two silos must say so, or the only other one.
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = TimeSpan.FromSeconds(1);
            membership.NumMissedProbesLimit = 4;
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
            membership.DefunctSiloExpiration = TimeSpan.FromDays(1);
        });
        silo.Services.Configure<ClusterMembershipOptions>(Silence);
        silo.Configure<SiloMessagingOptions>(messaging => messaging.WaitForMessageToBeQueuedForOutboundTime = SendsOn);
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (Name, Name));
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = ("Npgsql", MembershipConnection));
        return silo.ConfigureEndpoints(address, siloPort, clientPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
    }

    /// <summary>Makes a client of the cluster.</summary>
    public IClientBuilder Use(IClientBuilder client)
    {
        client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (Name, Name));
        return client.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = ("Npgsql", MembershipConnection));
    }
}
