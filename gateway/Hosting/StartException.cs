namespace PmOrleans.Gateway.Hosting;

/// <summary>The process cannot do what it was started for; the message is one clear line for the one who started it.</summary>
internal sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
