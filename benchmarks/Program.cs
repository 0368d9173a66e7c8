using BenchmarkDotNet.Running;
using PmOrleans.Benchmarks;
using PmOrleans.Benchmarks.Http;
using PmOrleans.Benchmarks.Micro;
using PmOrleans.Benchmarks.SideBySide;

// dotnet run -c Release --project benchmarks -- <name> [options]
// Each prints machine, commit, its baseline and the ratio against it, measured in the same run.
return args switch
{
    ["core", .. var rest] => Run(() => CoreDecisions.Run(rest)),
    ["log", .. var rest] => await RunAsync(LogThroughput.RunAsync(rest)),
    ["postgres", .. var rest] => await RunAsync(PostgresThroughput.RunAsync(rest)),
    ["http", .. var rest] => await RunAsync(HttpDecisions.RunAsync(rest)),
    ["touchpoints", .. var rest] => await RunAsync(HttpTouchpoints.RunAsync(rest)),
    ["segments", .. var rest] => await RunAsync(SegmentCost.RunAsync(rest)),
    ["customers", .. var rest] => await RunAsync(LiveCustomers.RunAsync(rest)),
    ["reach", .. var rest] => await RunAsync(ReachCount.RunAsync(rest)),
    ["side-by-side", .. var rest] => await RunAsync(SideBySideRun.RunAsync(rest)),
    ["micro", .. var rest] => Run(() => BenchmarkSwitcher.FromTypes([typeof(DecisionBenchmarks)]).Run(["--filter", "*", .. rest])),
    ["allocations"] => AllocationContract.Check(),
    ["stateless", .. var rest] => await RunAsync(StatelessServer.RunAsync(rest)),
    ["rules", .. var rest] => Run(() => RuleSpeed.Run(rest)),
    ["refold", .. var rest] => await RunAsync(RefoldSpeed.RunAsync(rest)),
    ["generator", .. var rest] => await RunAsync(GeneratorRate.RunAsync(rest)),
    ["bare-answers", .. var rest] => await RunAsync(BareAnswers.RunAsync(rest)),
    ["bare-sqlite", .. var rest] => await RunAsync(BareSqliteServer.RunAsync(rest)),
    ["do-nothing", .. var rest] => await RunAsync(DoNothingServer.RunAsync(rest)),
    _ => Usage(),
};

static int Run(Action benchmark)
{
    BenchmarkMachine.Print();
    benchmark();
    return 0;
}

static async Task<int> RunAsync(Task benchmark)
{
    await benchmark;
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine("""
        usage: dotnet run -c Release --project benchmarks -- <name>
          core          decisions in process: rate and bytes allocated each
          log           records committed, against bare SQLite inserts of the same bytes
          postgres      records committed in PostgreSQL, against bare inserts of the same bytes
          http          decisions over HTTP, against an endpoint that does nothing with the same JSON
          touchpoints   touchpoints over HTTP in batches of 100
          reach         whom the offers reach, counted over a million customers; previews
          segments      what 200 segments and RFM cost a touchpoint and a decision; how late the fact of a window's end comes
          side-by-side  decisions over HTTP beside doing nothing, beside bare SQLite, and beside a stateless service over a database
          generator     three times the gateway's highest rate, sent by the load generator to endpoints that do nothing
          micro         the core under BenchmarkDotNet, with allocations
          allocations   bytes allocated a decision against allocations.json; fails where one is above its limit
          rules         10,000 rules type-checked and built; one evaluation against the same in C#
          refold        sleeping customers folded anew after publishes, against reading them
          customers     memory of live customers, first decision after a restart, restart after a kill
        """);
    return 2;
}
