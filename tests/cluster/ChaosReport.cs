using System.Globalization;
using Xunit.Abstractions;

namespace PmOrleans.Cluster.Tests;

/// <summary>What was seen, for people: into the test's output, and into the file that CHAOS_REPORT names.</summary>
internal static class ChaosReport
{
    private static readonly Lock Gate = new();

    public static void Say(this ITestOutputHelper output, string what)
    {
        output.WriteLine(what);
        if (Environment.GetEnvironmentVariable("CHAOS_REPORT") is { Length: > 0 } file)
        {
            lock (Gate)
            {
                File.AppendAllText(file, what + '\n');
            }
        }
    }

    public static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("F2", CultureInfo.InvariantCulture) + " s";
}
