namespace PmOrleans.Simulator;

/// <summary>The engine under test does not answer any more. The run's figures up to then are kept.</summary>
public sealed class EngineLostException : Exception
{
    public EngineLostException()
    {
    }

    public EngineLostException(string message)
        : base(message)
    {
    }

    public EngineLostException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
