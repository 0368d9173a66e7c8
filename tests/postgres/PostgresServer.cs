using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace PmOrleans.Node.Tests.Log;

/// <summary>
/// A PostgreSQL server of the tests' own: a new cluster in a temporary folder, fsync on. It listens on a socket in that folder and nowhere else: a port can be
/// taken by somebody else while the server is gone, even by those who try to reach it. It will not run as root, so that root runs it as the package's user.
/// </summary>
internal sealed class PostgresServer : IDisposable
{
    private static readonly Lazy<PostgresServer> TheShared = new(() => new PostgresServer());
    private static readonly Lazy<string?> Programs = new(FindPrograms);

    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-postgres-").FullName;

    public PostgresServer()
    {
        if (Environment.IsPrivilegedProcess) Run("chown", "postgres", _folder);
        AsOwner("initdb", "-D", Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
        Start();
        Guard();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    /// <summary>Why there is no server here; null when there is one.</summary>
    public static string? Lack => Programs.Value is null ? "PostgreSQL (initdb, pg_ctl) is not installed" : null;

    /// <summary>One for all tests that leave it running.</summary>
    public static PostgresServer Shared => TheShared.Value;

    public string ConnectionString => $"Host={_folder};Username=postgres;Database=postgres";

    private string Data => Path.Combine(_folder, "data");

    public void Start() => AsOwner(
        "pg_ctl", "-D", Data, "-w", "-t", "60", "-l", Path.Combine(_folder, "log"),
        "-o", $"-c listen_addresses= -c unix_socket_directories={_folder} -c max_connections=200 -c fsync=on", "start");

    /// <summary>As after a power cut: every process of the server is gone at once, and it recovers when it is started.</summary>
    public void Kill() => AsOwner("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    /// <summary>As an operator backs a store up, while its nodes run.</summary>
    /// <param name="file">In this server's folder, gone with it.</param>
    public void Dump(string schema, out string file)
    {
        file = Path.Combine(_folder, schema + ".dump");
        AsOwner("pg_dump", "-h", _folder, "-U", "postgres", "-d", "postgres", "-n", schema, "-Fc", "-f", file);
    }

    public void Restore(string file) =>
        AsOwner("pg_restore", "-h", _folder, "-U", "postgres", "-d", "postgres", "--exit-on-error", file);

    public void Dispose()
    {
        if (!Directory.Exists(_folder)) return;
        try
        {
            if (File.Exists(Path.Combine(Data, "postmaster.pid"))) Kill();
        }
        finally
        {
            NpgsqlConnection.ClearAllPools();
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>A test host may be killed before it has stopped its server: then somebody else does it.</summary>
    private void Guard()
    {
        const string guard = """
            folder=$1; host=$2; shift 2
            while kill -0 "$host" && [ -d "$folder" ]; do sleep 1; done
            [ -d "$folder" ] && { "$@"; rm -rf "$folder"; }
            """;
        Begin(
            ["/bin/sh", "-c", guard, "guard", _folder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
            .. OwnersCommand("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop")]).Dispose();
    }

    private static void AsOwner(string program, params string[] arguments) => Run(OwnersCommand(program, arguments));

    private static string[] OwnersCommand(string program, params string[] arguments)
    {
        var path = Path.Combine(Programs.Value!, program);

        // Where only the server's programs were put into a folder of their own, its clients are in the path.
        if (!File.Exists(path)) path = program;
        return Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--", path, .. arguments] : [path, .. arguments];
    }

    private static void Run(params string[] command)
    {
        using var process = Begin(command);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{string.Join(' ', command)} failed with {process.ExitCode}.");
    }

    /// <summary>Redirected to nowhere, and without what else this process was given: the server keeps what it inherits, and a pipe or a lock would never end.</summary>
    private static Process Begin(string[] command) => Process.Start(
        new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" >/dev/null 2>&1 </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-", .. command])
        {
            UseShellExecute = false,
            WorkingDirectory = "/",
        })!;

    private static string? FindPrograms()
    {
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        const string debian = "/usr/lib/postgresql";
        if (Directory.Exists(debian))
            folders = folders.Concat(Directory.GetDirectories(debian).OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")));
        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "pg_ctl")) && File.Exists(Path.Combine(folder, "initdb")));
    }
}
