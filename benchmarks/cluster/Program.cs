using PmOrleans.Benchmarks;
using PmOrleans.ClusterBenchmarks;

// dotnet run -c Release --project benchmarks/cluster -- <name> [options]
// Each prints machine, commit, its baseline and the ratio against it, measured in the same run.
var rest = args.Skip(1).ToArray();
BenchmarkMachine.Print();
switch (args.FirstOrDefault())
{
    case "grains":
        await GrainDecisions.RunAsync(rest);
        return 0;
    case "hot-campaign":
        await HotCampaign.RunAsync(rest);
        return 0;
    case "hot-customer":
        await HotCustomer.RunAsync(rest);
        return 0;
    case "queued":
        await QueuedTouchpoints.RunAsync(rest);
        return 0;
    case "silos":
        await SilosOverHttp.RunAsync(rest);
        return 0;
    default:
        Console.Error.WriteLine("""
            usage: dotnet run -c Release --project benchmarks/cluster -- <name>
              grains        decisions through customer grains against a grain that does nothing: async commit, SQLite, PostgreSQL; bytes of a local call
              hot-campaign  every decision spends one campaign's budget, against a thousand campaigns
              hot-customer  committed decisions of one customer
              queued        touchpoints through the queue against the same ones applied at once; time to visible at half of the highest rate
              silos         processor a committed decision over HTTP with 1, 2 and 3 silos; with and without the routing hint
            """);
        return 2;
}
