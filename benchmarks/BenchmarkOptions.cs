using System.Globalization;

namespace PmOrleans.Benchmarks;

/// <summary>Options of a benchmark: <c>--name number</c>.</summary>
internal static class BenchmarkOptions
{
    public static int Number(string[] args, string name, int otherwise)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }
}
