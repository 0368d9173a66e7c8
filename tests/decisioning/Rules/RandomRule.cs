using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Tests.Rules;

/// <summary>Writes random well-typed rules over the test schema; small pools of values, so that conditions meet their inputs.</summary>
internal sealed class RandomRule(Random random)
{
    private static readonly string[] Words = ["gold", "silver", "vip", "", "𝄞"];
    private int _loops;

    /// <summary>Values for each path of the schema, each absent one time in four.</summary>
    public static (string Path, CelValue Value)[] Values(Random random)
    {
        (string, CelValue)[] all =
        [
            ("customer.tier", CelValue.Of(Word(random))),
            ("customer.age", CelValue.Of((long)random.Next(-1, 4))),
            ("customer.score", random.Next(2) == 0 ? CelValue.Of(random.Next(3) / 2.0) : CelValue.Of((long)random.Next(3))),
            ("customer.vip", CelValue.Of(random.Next(2) == 0)),
            ("customer.since", CelValue.Of(DateTimeOffset.UnixEpoch.AddSeconds(random.Next()))),
            ("customer.tags", CelValue.ListOf(Enumerable.Range(0, random.Next(3)).Select(_ => Word(random)))),
            ("customer.attributes", CelValue.MapOf([KeyValuePair.Create(Word(random), CelValue.Of(1L))])),
            ("customer.anything", random.Next(3) switch { 0 => CelValue.Null, 1 => CelValue.Of(Word(random)), _ => CelValue.Of(1.0) }),
            ("counts.view", CelValue.Of((long)random.Next(3))),
            ("segments", CelValue.ListOf(Enumerable.Range(0, random.Next(3)).Select(_ => Word(random)))),
            ("sinceLastPurchase", CelValue.Of(TimeSpan.FromHours(random.Next(48)))),
        ];
        return [.. all.Where(_ => random.Next(4) != 0)];
    }

    public string Bool(int depth)
    {
        if (depth == 0)
            return Pick("true", "false", "customer.vip", "!customer.vip", $"customer.tier == {Quoted()}", $"{Quoted()} in segments");
        depth--;
        return random.Next(16) switch
        {
            0 or 1 or 2 => $"{Bool(depth)} && {Bool(depth)}",
            3 => $"({Bool(depth)} || {Bool(depth)})",
            4 => $"!({Bool(depth)})",
            5 => $"{Int(depth)} {Pick("<", "<=", ">", ">=", "==", "!=")} {Int(depth)}",
            6 => $"{Double(depth)} {Pick("<", "<=", ">", ">=", "==", "!=")} {Double(depth)}",
            7 => $"{Text(depth)} {Pick("<", ">", "==", "!=")} {Text(depth)}",
            // A constant pattern must be a good one, and joined texts may not be.
            8 => $"{Text(depth)}.{Pick($"contains({Text(depth)})", $"startsWith({Text(depth)})", $"endsWith({Text(depth)})", $"matches({Quoted()})", "matches(customer.tier)")}",
            9 => $"{Text(depth)} in {List(depth)}",
            10 => Loop(List(depth), v => $"{Pick("all", "exists", "exists_one")}({v}, {v} {Pick("==", "<")} {Text(depth)} || {Bool(depth)})"),
            11 => Pick("has(customer.tier)", "has(customer.attributes.gold)", "customer.anything == 'gold'", "customer.anything < 2", "'gold' in customer.attributes"),
            12 => $"({Bool(depth)} ? {Bool(depth)} : {Bool(depth)})",
            13 => $"customer.age in [{random.Next(3)}, {random.Next(3)}]",
            14 => $"sinceLastPurchase {Pick("<", ">=")} duration('{random.Next(48)}h')",
            _ => $"customer.tier in [{Quoted()}, {Quoted()}] && {Bool(depth)}",
        };
    }

    private string Int(int depth)
    {
        if (depth == 0)
            return Pick("customer.age", "counts.view", "0", "-1", "3", "9223372036854775807", "-9223372036854775808");
        depth--;
        return random.Next(6) switch
        {
            0 or 1 => $"({Int(depth)} {Pick("+", "-", "*", "/", "%")} {Int(depth)})",
            2 => $"-({Int(depth)})",
            3 => $"size({Pick(Text(depth), List(depth))})",
            4 => $"int({Pick(Double(depth), Text(depth))})",
            _ => $"[{Int(depth)}, 1][{Int(depth)}]",
        };
    }

    private string Double(int depth)
    {
        if (depth == 0)
            return Pick("customer.score", "0.0", "-1.5", "1e308");
        depth--;
        return random.Next(3) switch
        {
            0 => $"({Double(depth)} {Pick("+", "-", "*", "/")} {Double(depth)})",
            1 => $"double({Int(depth)})",
            _ => $"({Bool(depth)} ? {Double(depth)} : {Double(depth)})",
        };
    }

    private string Text(int depth)
    {
        if (depth == 0)
            return Pick("customer.tier", Quoted());
        depth--;
        return random.Next(4) switch
        {
            0 => $"({Text(depth)} + {Text(depth)})",
            1 => $"string({Pick(Int(depth), Double(depth), Bool(depth))})",
            2 => $"{List(depth)}[0]",
            _ => $"({Bool(depth)} ? {Text(depth)} : {Text(depth)})",
        };
    }

    private string List(int depth)
    {
        if (depth == 0)
            return Pick("segments", "customer.tags", $"[{Quoted()}]");
        depth--;
        return random.Next(3) switch
        {
            0 => $"({List(depth)} + {List(depth)})",
            1 => Loop(List(depth), v => $"map({v}, {v} + {Text(depth)})"),
            _ => Loop(List(depth), v => $"filter({v}, {v} != {Text(depth)})"),
        };
    }

    private string Loop(string range, Func<string, string> call)
    {
        var variable = $"v{_loops++}";
        return $"{range}.{call(variable)}";
    }

    private string Quoted() => $"'{Word(random)}'";

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];

    private static string Word(Random random) => Words[random.Next(Words.Length)];
}
