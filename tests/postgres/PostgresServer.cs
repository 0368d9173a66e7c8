using System.Diagnostics;
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

    private static void AsOwner(string program, params string[] arguments)
    {
        var path = Path.Combine(Programs.Value!, program);

        // Where only the server's programs were put into a folder of their own, its clients are in the path.
        if (!File.Exists(path)) path = program;
        if (Environment.IsPrivilegedProcess) Run("runuser", ["-u", "postgres", "--", path, .. arguments]);
        else Run(path, arguments);
    }

    private static void Run(string program, params string[] arguments)
    {
        // Redirected to nowhere: the server inherits what it is given, and a pipe would never end.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" >/dev/null 2>&1 </dev/null", program, .. arguments])
        {
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed with {process.ExitCode}.");
    }

    private static string? FindPrograms()
    {
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        const string debian = "/usr/lib/postgresql";
        if (Directory.Exists(debian))
            folders = folders.Concat(Directory.GetDirectories(debian).OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")));
        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "pg_ctl")) && File.Exists(Path.Combine(folder, "initdb")));
    }
}
