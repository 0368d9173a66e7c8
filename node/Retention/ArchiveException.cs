namespace PmOrleans.Node.Retention;

/// <summary>An export cannot be read; the message names the file and the place in it.</summary>
public sealed class ArchiveException(string message, Exception? inner = null) : Exception(message, inner);
