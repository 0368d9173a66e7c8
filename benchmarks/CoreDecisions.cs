namespace PmOrleans.Benchmarks;
public static class CoreDecisions { public static void Run(string[] args) => Console.WriteLine(args.Length); }
