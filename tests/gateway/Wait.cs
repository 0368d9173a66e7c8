using System.Diagnostics;

namespace PmOrleans.Gateway.Tests;

/// <summary>Waiting for what comes about by itself, with a limit that no slow machine reaches.</summary>
internal static class Wait
{
    public static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var since = Stopwatch.StartNew(); !await holds();)
        {
            Assert.True(since.Elapsed < TimeSpan.FromMinutes(1), "it did not come about within a minute");
            await Task.Delay(5);
        }
    }
}
