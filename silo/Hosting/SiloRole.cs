namespace PmOrleans.Silo.Hosting;

/// <summary>What a process is in the cluster.</summary>
internal enum SiloRole
{
    /// <summary>A silo with the API in it.</summary>
    All,

    /// <summary>A silo whose only addresses are health and metrics.</summary>
    Silo,

    /// <summary>The API alone: it calls the silos.</summary>
    Gateway,
}
