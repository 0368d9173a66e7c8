using System.Globalization;
using PmOrleans.Simulator.Load;

namespace PmOrleans.Benchmarks.Http;

/// <summary>
/// Whether the load generator can be trusted: the gateway's highest rate on these processors, then three times that against endpoints that do nothing, on the same
/// processors. Two of them: ASP.NET Core with the same JSON, which costs twice what the generator does, and bare sockets, which cost less.
/// </summary>
internal static class GeneratorRate
{
    private const int Connections = 64;
    private const int Times = 3;

    /// <param name="args"><c>--seconds N</c> for each measurement (default 5), <c>--customers N</c> (default 10,000).</param>
    public static async Task RunAsync(string[] args)
    {
        var time = TimeSpan.FromSeconds(BenchmarkOptions.Number(args, "--seconds", 5));
        var customers = BenchmarkOptions.Number(args, "--customers", 10_000);
        BenchmarkMachine.Print();
        SocketSettings.Apply();
        var data = Directory.CreateTempSubdirectory("pmorleans-bench-").FullName;
        try
        {
            double highest;
            double saturated;
            using (var gateway = await ServerProcess.StartGatewayAsync(18185, data))
            {
                await OpenLoad.DecisionsAsync(gateway.Port, 3000, time, customers);
                highest = await OpenLoad.HighestAsync(gateway.Port, Slo.Parse("p99=20ms"), 4000, TimeSpan.FromSeconds(3), customers);
                var run = Guid.NewGuid().ToString("N")[..8];
                saturated = (await HttpLoad.ClosedAsync(gateway.Port, Connections, time, number => HttpConnection.Request(
                    "/v1/decisions",
                    $$$"""{"decisionId":"{{{run}}}-{{{number}}}","customerId":"c-{{{number % customers}}}","placements":[{"id":"home.hero","count":1}],"context":{"channel":"web","device":"mobile"}}"""))).Rate;
            }

            Print($"gateway: {highest:N0}/s with p99 at most 20 ms (open loop), {saturated:N0}/s at most ({Connections} connections, closed loop)");
            using (var sockets = await ServerProcess.StartBareAnswersAsync(18186))
            {
                await MeasureAsync("bare sockets", sockets, [Times * highest, Times * saturated], time, customers);
            }

            using var nothing = await ServerProcess.StartBaselineAsync(18187);
            await MeasureAsync("do-nothing endpoint", nothing, [Times * highest, Times * saturated], time, customers);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task MeasureAsync(string name, ServerProcess server, double[] rates, TimeSpan time, int customers)
    {
        await OpenLoad.DecisionsAsync(server.Port, rates[0] / 2, time, customers);
        foreach (var rate in rates)
        {
            var before = server.ProcessorTime;
            var (load, own) = await OpenLoad.DecisionsAsync(server.Port, rate, time, customers);
            var theirs = (server.ProcessorTime - before) / Math.Max(1, load.Sent);
            var isHeld = load.AnsweredRate >= .99 * load.IntendedRate && load.Errors == 0;
            Print($"{name,-20} at {rate,8:N0}/s: answered {load.AnsweredRate,8:N0}/s, p50 {load.Decisions.At(.5):F2} ms, p99 {load.Decisions.At(.99):F2} ms, began late by {load.SendLag.At(.99):F2} ms (p99)");
            Print($"{"",-20}    processor: {own.TotalMicroseconds:F1} us a request here, {theirs.TotalMicroseconds:F1} us there: {(isHeld ? "held" : "missed")}{(load.Bottleneck is null ? "" : $" ({load.Bottleneck})")}");
        }
    }

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
