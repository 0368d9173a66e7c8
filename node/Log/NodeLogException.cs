namespace PmOrleans.Node.Log;

/// <summary>A store could not be opened, written, copied or read. The message names file or folder and holds no personal data.</summary>
public sealed class NodeLogException : Exception
{
    public NodeLogException()
        : this(NodeLogError.Unavailable, "The node's log is unavailable.")
    {
    }

    public NodeLogException(string message)
        : this(NodeLogError.Unavailable, message)
    {
    }

    public NodeLogException(string message, Exception innerException)
        : this(NodeLogError.Unavailable, message, innerException)
    {
    }

    public NodeLogException(NodeLogError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    public NodeLogError Error { get; }
}
