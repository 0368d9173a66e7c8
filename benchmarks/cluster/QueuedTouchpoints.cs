using System.Diagnostics;
using System.Globalization;
using PmOrleans.Benchmarks;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.ClusterBenchmarks;

/// <summary>
/// Touchpoints through the queue of one silo over PostgreSQL. The highest rate is what is queued and delivered in a stretch of time, the delivery's end included; the
/// baseline is the same touchpoints applied at once. Then at half of that rate, in an open loop: from the sending of a touchpoint until a reader of its customer sees it.
/// </summary>
internal static class QueuedTouchpoints
{
    /// <param name="args"><c>--seconds</c> (8), <c>--rounds</c> (3), <c>--callers</c> (16), <c>--batch</c> touchpoints a request (20), <c>--customers</c> (5,000).</param>
    public static async Task RunAsync(string[] args)
    {
        var time = TimeSpan.FromSeconds(BenchmarkOptions.Number(args, "--seconds", 8));
        var callers = BenchmarkOptions.Number(args, "--callers", 16);
        var batch = BenchmarkOptions.Number(args, "--batch", 20);
        var customers = BenchmarkOptions.Number(args, "--customers", 5_000);
        var catalog = BenchmarkCatalog.Write(placements: 1, campaigns: 5);
        for (var round = 0; round < BenchmarkOptions.Number(args, "--rounds", 3); round++)
        {
            await using var silo = await SiloUnderTest.StartAsync(Store.Postgres, catalog);
            await CallLoad.RunAsync(callers, TimeSpan.FromSeconds(3), async n => !(await silo.Node.IngestAsync(Batch("warm", n, batch, customers))).IsRefused);

            var applied = await CallLoad.RunAsync(callers, time, async n => !(await silo.Node.IngestAsync(Batch("sync", n, batch, customers))).IsRefused);
            var began = Stopwatch.GetTimestamp();
            var queued = await CallLoad.RunAsync(callers, time, async n => !(await silo.Node.QueueAsync(Batch("queue", n, batch, customers))).IsRefused);
            var accepted = queued.Rate * Stopwatch.GetElapsedTime(began).TotalSeconds * batch;
            await Task.WhenAll(Enumerable.Range(0, 64).Select(n => ProbeAsync(silo, $"end{n}")));
            var rate = accepted / Stopwatch.GetElapsedTime(began).TotalSeconds;
            var lag = Stopwatch.GetElapsedTime(began) - time;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"applied at once {applied.Rate * batch:N0}/s; accepted into the queue {queued.Rate * batch:N0}/s ({queued.Refused} refused), delivered {lag.TotalSeconds:F1} s later: {rate:N0}/s through the queue ({rate / (applied.Rate * batch):F2} x)"));

            var times = await HalfAsync(silo, rate / 2, time, batch, customers);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"at {rate / 2:N0}/s: visible after p50 {times[times.Count / 2]:F0} ms, p99 {times[times.Count * 99 / 100]:F0} ms, longest {times[^1]:F0} ms of {times.Count} probes (goal p99 250 ms)"));
        }

        Directory.Delete(catalog, recursive: true);
    }

    /// <returns>Milliseconds of each probe, ascending.</returns>
    private static async Task<List<double>> HalfAsync(SiloUnderTest silo, double rate, TimeSpan time, int batch, int customers)
    {
        var requests = (long)(rate * time.TotalSeconds / batch);
        var began = Stopwatch.GetTimestamp();
        var sent = new List<Task>();
        var probes = new List<Task<double>>();
        for (long n = 0; n < requests;)
        {
            // All that is due by now, each at its time or as soon after it as the clock lets us.
            for (var due = (long)(Stopwatch.GetElapsedTime(began).TotalSeconds * rate / batch); n <= due && n < requests; n++)
            {
                sent.Add(silo.Node.QueueAsync(Batch("half", n, batch, customers)).AsTask());
                if (n % Math.Max(1, requests / 1000) == 0)
                {
                    probes.Add(ProbeAsync(silo, $"{n}"));
                }
            }

            await Task.Delay(1);
        }

        await Task.WhenAll(sent);
        return [.. (await Task.WhenAll(probes)).Order()];
    }

    /// <summary>One touchpoint of a customer of its own, from its sending until the customer is known.</summary>
    private static async Task<double> ProbeAsync(SiloUnderTest silo, string name)
    {
        var began = Stopwatch.GetTimestamp();
        var customer = $"probe-{name}-{began}";
        while ((await silo.Node.QueueAsync([new Touchpoint { MessageId = customer, CustomerId = customer, Type = "view" }])).IsRefused)
        {
            await Task.Delay(10);
        }

        while ((await silo.Node.ReadCustomerAsync(customer)).IsRefused)
        {
            await Task.Delay(5);
        }

        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static Touchpoint[] Batch(string run, long request, int size, int customers) => [.. Enumerable.Range(0, size).Select(n => new Touchpoint
    {
        MessageId = $"{run}-{request}-{n}",
        CustomerId = $"c-{((request * size) + n) * 7919 % customers}",
        Type = "view",
        Channel = "web",
    })];
}
