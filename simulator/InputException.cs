namespace PmOrleans.Simulator;

/// <summary>What the user gave cannot be used: a file, a mapping, an option, a catalog. Said in one line; exit code 2.</summary>
public sealed class InputException : Exception
{
    public InputException()
    {
    }

    public InputException(string message)
        : base(message)
    {
    }

    public InputException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
