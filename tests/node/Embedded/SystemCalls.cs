using System.Text.RegularExpressions;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>Reads what strace saw of a node that served one request after the other.</summary>
internal static partial class SystemCalls
{
    /// <summary>
    /// Counts answers (lines written to whatever the standard output was made) and, of these, those before which the write-ahead log was not both written and, after that, synced
    /// with success since the answer before. What the node writes of its own accord may lie between a record's sync and its answer.
    /// </summary>
    public static (int Answers, int Early) AnswersAndThoseBeforeTheirSync(IEnumerable<string> lines)
    {
        int answers = 0, early = 0;
        bool isWritten = false, isSynced = false;
        var unfinished = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var thread = line[..line.IndexOf(' ', StringComparison.Ordinal)];
            var call = line[thread.Length..];
            if (call.Contains("<unfinished", StringComparison.Ordinal))
            {
                unfinished[thread] = call;
                if (!Answer().IsMatch(call))
                {
                    continue;
                }
            }
            else if (call.Contains("resumed>", StringComparison.Ordinal))
            {
                // Its end is what counts, except for an answer, whose beginning was counted already.
                call = unfinished.GetValueOrDefault(thread, "") + call;
                if (Answer().IsMatch(call))
                {
                    continue;
                }
            }

            if (Answer().IsMatch(call))
            {
                answers++;
                early += isSynced ? 0 : 1;
                isWritten = isSynced = false;
            }
            else if (call.Contains("pwrite64(", StringComparison.Ordinal) && call.Contains("node.db-wal", StringComparison.Ordinal))
            {
                isWritten = true;
            }
            else if (Sync().IsMatch(call))
            {
                isSynced |= isWritten;
                isWritten = false;
            }
        }

        return (answers, early);
    }

    [GeneratedRegex("""\bwrite\(\d+(<[^>]*>)?, "(d d-|t c-)""")]
    private static partial Regex Answer();

    [GeneratedRegex("""f(data)?sync\(\d+<[^>]*node\.db-wal>.*= 0""")]
    private static partial Regex Sync();
}

/// <summary>Reported as skipped where strace is not installed or may not trace.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StraceFactAttribute : FactAttribute
{
    public StraceFactAttribute()
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "strace"))))
        {
            Skip = "strace is not installed";
        }
    }
}
