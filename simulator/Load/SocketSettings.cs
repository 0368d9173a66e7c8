namespace PmOrleans.Simulator.Load;

/// <summary>
/// How the runtime takes answers from the system. On few cores, a hop to another thread costs more than what is done with an answer, and a second thread that
/// waits for sockets halves what each finds.
/// </summary>
internal static class SocketSettings
{
    private static readonly string[] Names = ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"];

    /// <summary>For this process; before its first socket.</summary>
    public static void Apply() => Array.ForEach(Names, name => Environment.SetEnvironmentVariable(name, "1"));

    /// <summary>Keeps them from a process that is started by this one.</summary>
    public static void Forget(IDictionary<string, string?> environment) => Array.ForEach(Names, name => environment.Remove(name));
}
