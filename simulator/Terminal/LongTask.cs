using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace PmOrleans.Simulator.Terminal;

/// <summary>Something long, with a bar, its rate and the time left, on stderr: stdout is for results.</summary>
internal static class LongTask
{
    private static readonly IAnsiConsole Screen = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <param name="work">Gets what it calls with the number done so far.</param>
    public static Task<T> RunAsync<T>(string what, long total, string unit, Func<Action<long>, Task<T>> work) =>
        RunAsync(what, unit, progress => work(done => progress(done, total)));

    /// <param name="work">Gets what it calls, from any thread, with the number done so far and the number there is.</param>
    public static async Task<T> RunAsync<T>(string what, string unit, Func<Action<long, long>, Task<T>> work)
    {
        if (!Screen.Profile.Capabilities.Interactive)
        {
            return await work(Lines(what, unit));
        }

        return await Screen.Progress()
            .AutoRefresh(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RateColumn(unit), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                var task = context.AddTask(Markup.Escape(what), maxValue: double.MaxValue);
                return work((done, total) =>
                {
                    task.MaxValue = Math.Max(1, total);
                    task.Value = done;
                });
            });
    }

    /// <summary>Where nobody watches: a line every ten seconds.</summary>
    private static Action<long, long> Lines(string what, string unit)
    {
        var began = DateTime.UtcNow;
        var last = began.Ticks;
        return (done, total) =>
        {
            var now = DateTime.UtcNow;
            var before = Interlocked.Read(ref last);
            if (now.Ticks - before >= TimeSpan.TicksPerSecond * 10 && Interlocked.CompareExchange(ref last, now.Ticks, before) == before)
            {
                var rate = done / Math.Max(.001, (now - began).TotalSeconds);
                var left = rate <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Max(0, total - done) / rate);
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{what}: {done:N0} of {total:N0} {unit}, {rate:N0}/s, {left.TotalSeconds:F0} s left"));
            }
        };
    }

    private sealed class RateColumn(string unit) : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(string.Create(CultureInfo.InvariantCulture, $"{task.Value / Math.Max(.001, task.ElapsedTime?.TotalSeconds ?? 0):N0} {unit}/s"));
    }
}
