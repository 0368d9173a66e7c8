namespace PmOrleans.Node.Publishing;

/// <summary>Somebody else has published the version that was to be stored; nothing of this one is in the store.</summary>
public sealed class VersionTakenException : Exception
{
    public VersionTakenException()
    {
    }

    public VersionTakenException(string message)
        : base(message)
    {
    }

    public VersionTakenException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public VersionTakenException(int version, Exception innerException)
        : base($"catalog version {version} was published by somebody else", innerException) =>
        Version = version;

    public int Version { get; }
}
