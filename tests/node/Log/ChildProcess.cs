using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>
/// This assembly, started once more as a process of its own that opens a log and appends until it is killed. It prints each record's sequence
/// after the record was completed.
/// </summary>
internal static class ChildProcess
{
    private const string FolderVariable = "PMORLEANS_TEST_CHILD_FOLDER";

    public static Process Start(string folder)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ChildProcess).Assembly.Location])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment = { [FolderVariable] = folder },
        };
        return Process.Start(start)!;
    }

    /// <summary>The next sequence that the child printed; null after its end.</summary>
    public static async Task<long?> ReadSequenceAsync(this Process child) =>
        await child.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)) is { } line
            ? long.Parse(line, CultureInfo.InvariantCulture)
            : null;

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The test SDK owns Main; this is the one place that runs before it.")]
    internal static void RunIfChild()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { Length: > 0 } folder) return;

        // A thread of its own, which keeps the process alive: no other thread may enter this assembly before the initializer has returned.
        new Thread(() => AppendForEverAsync(folder).GetAwaiter().GetResult()).Start();
    }

    private static async Task AppendForEverAsync(string folder)
    {
        await using var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder });
        await using var output = Console.OpenStandardOutput();

        // A test that fails must not leave it behind.
        var end = Environment.TickCount64 + 180_000;
        for (var n = 1; Environment.TickCount64 < end; n++)
        {
            var record = TestRecord.Of(n % 5 + 1, n);
            if (!log.TryAppend(record) || await record.Done is not null) return;
            var line = string.Create(CultureInfo.InvariantCulture, $"{record.Sequence}\n");
            await output.WriteAsync(System.Text.Encoding.ASCII.GetBytes(line));
            await output.FlushAsync();
        }
    }
}
