namespace PmOrleans.Node.Projections;

/// <summary>Names of the checkpoints that what follows a log saves: whoever cuts or verifies it reads them as well.</summary>
public static class ProjectionNames
{
    public const string Ledgers = "ledgers";

    public const string Models = "models";

    public const string Experiments = "experiments";

    /// <summary>The head; parts and journals have names of their own.</summary>
    public const string Segments = "segments";

    /// <summary>Behind what an Orleans host has published to streams.</summary>
    public const string Streams = "streams";
}
