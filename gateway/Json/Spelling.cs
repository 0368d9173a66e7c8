namespace PmOrleans.Gateway.Json;

/// <summary>Finds the name somebody may have meant.</summary>
internal static class Spelling
{
    private const int LongestCompared = 64;

    /// <summary>The known name nearest to a wrong one, or <c>null</c> when none is near: at most a third of the letters may differ.</summary>
    public static string? Nearest(string wrong, IReadOnlyList<string> known)
    {
        if (wrong.Length is 0 or > LongestCompared)
        {
            return null;
        }

        string? best = null;
        var bestDistance = Math.Max(1, wrong.Length / 3) + 1;
        foreach (var name in known)
        {
            var distance = Distance(wrong, name);
            if (distance < bestDistance)
            {
                (best, bestDistance) = (name, distance);
            }
        }

        return best;
    }

    /// <summary>Levenshtein distance without regard to case, so that <c>CustomerID</c> is near to <c>customerId</c>.</summary>
    private static int Distance(string left, string right)
    {
        Span<int> previous = stackalloc int[right.Length + 1];
        Span<int> current = stackalloc int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]);
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + (same ? 0 : 1));
            }

            current.CopyTo(previous);
        }

        return previous[right.Length];
    }
}
