namespace PmOrleans.Decisioning.Codec;

/// <summary>Stored bytes do not have the form this version writes or knows: damaged, cut, or written by a later version.</summary>
public sealed class CorruptDataException : Exception
{
    public CorruptDataException()
    {
    }

    public CorruptDataException(string message)
        : base(message)
    {
    }

    public CorruptDataException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
