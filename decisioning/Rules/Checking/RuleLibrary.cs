using System.Collections.Frozen;

namespace PmOrleans.Decisioning.Rules;

/// <summary>The standard functions and operators with their signatures.</summary>
internal static class RuleLibrary
{
    private static readonly CelType A = CelType.Variable("A");
    private static readonly CelType B = CelType.Variable("B");
    private static readonly CelType ListA = CelType.List(A);
    private static readonly CelType MapAB = CelType.Map(A, B);

    private static readonly FrozenDictionary<string, RuleFunction> Functions =
        All().ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>Names of types that are values: <c>type(x) == int</c>.</summary>
    public static FrozenDictionary<string, CelType> TypeNames { get; } = new Dictionary<string, CelType>(StringComparer.Ordinal)
    {
        ["bool"] = CelType.Bool,
        ["int"] = CelType.Int,
        ["uint"] = CelType.Uint,
        ["double"] = CelType.Double,
        ["string"] = CelType.String,
        ["bytes"] = CelType.Bytes,
        ["list"] = CelType.List(CelType.Dyn),
        ["map"] = CelType.Map(CelType.Dyn, CelType.Dyn),
        ["null_type"] = CelType.Null,
        ["type"] = CelType.TypeOf(CelType.Dyn),
        ["google.protobuf.Timestamp"] = CelType.Timestamp,
        ["google.protobuf.Duration"] = CelType.Duration,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static RuleFunction? Find(string name) => Functions.GetValueOrDefault(name);

    /// <summary>What can be called by name, for did-you-mean.</summary>
    public static IEnumerable<string> CallableNames =>
        Functions.Keys.Where(n => !RuleOperators.IsOperator(n)).Concat(["all", "exists", "exists_one", "filter", "map", "has"]);

    private static IEnumerable<RuleFunction> All() => [.. Operators(), .. Conversions(), .. Texts(), .. Times()];

    private static RuleFunction[] Operators() =>
    [
        new(RuleOperators.Not, [On([CelType.Bool], CelType.Bool)], RuleArithmetic.Not, null),
        new(RuleOperators.Negate, [On([CelType.Int], CelType.Int), On([CelType.Double], CelType.Double)], RuleArithmetic.Negate, null),
        new(
            RuleOperators.Add,
            [
                .. Same(CelType.Int, CelType.Uint, CelType.Double, CelType.String, CelType.Bytes, ListA, CelType.Duration),
                On([CelType.Timestamp, CelType.Duration], CelType.Timestamp),
                On([CelType.Duration, CelType.Timestamp], CelType.Timestamp),
            ],
            null,
            RuleArithmetic.Add),
        new(
            RuleOperators.Subtract,
            [
                .. Same(CelType.Int, CelType.Uint, CelType.Double, CelType.Duration),
                On([CelType.Timestamp, CelType.Duration], CelType.Timestamp),
                On([CelType.Timestamp, CelType.Timestamp], CelType.Duration),
            ],
            null,
            RuleArithmetic.Subtract),
        new(RuleOperators.Multiply, Same(CelType.Int, CelType.Uint, CelType.Double), null, RuleArithmetic.Multiply),
        new(RuleOperators.Divide, Same(CelType.Int, CelType.Uint, CelType.Double), null, RuleArithmetic.Divide),
        new(RuleOperators.Remainder, Same(CelType.Int, CelType.Uint), null, RuleArithmetic.Remainder),
        new(RuleOperators.Equal, [On([A, A], CelType.Bool)], null, RuleCollections.AreEqual),
        new(RuleOperators.NotEqual, [On([A, A], CelType.Bool)], null, RuleCollections.AreNotEqual),
        new(RuleOperators.Less, Ordered(), null, RuleOrder.Evaluate<Below>),
        new(RuleOperators.LessOrEqual, Ordered(), null, RuleOrder.Evaluate<AtMost>),
        new(RuleOperators.Greater, Ordered(), null, RuleOrder.Evaluate<Above>),
        new(RuleOperators.GreaterOrEqual, Ordered(), null, RuleOrder.Evaluate<AtLeast>),
        new(RuleOperators.In, [On([A, ListA], CelType.Bool), On([A, MapAB], CelType.Bool)], null, RuleCollections.In),
        new(RuleOperators.Index, [On([ListA, CelType.Int], A), On([MapAB, A], B)], null, RuleCollections.At),
        new(
            "size",
            [.. new[] { CelType.String, CelType.Bytes, ListA, MapAB }.SelectMany(t => new[] { On([t], CelType.Int), Of([t], CelType.Int) })],
            RuleCollections.Size,
            null),
    ];

    private static RuleFunction[] Conversions() =>
    [
        Convert("int", CelType.Int, RuleConversions.ToInt, CelType.Uint, CelType.Double, CelType.String, CelType.Timestamp),
        Convert("uint", CelType.Uint, RuleConversions.ToUint, CelType.Int, CelType.Double, CelType.String),
        Convert("double", CelType.Double, RuleConversions.ToDouble, CelType.Int, CelType.Uint, CelType.String),
        Convert("bool", CelType.Bool, RuleConversions.ToBool, CelType.String),
        Convert(
            "string", CelType.String, RuleConversions.ToText,
            CelType.Bool, CelType.Int, CelType.Uint, CelType.Double, CelType.Bytes, CelType.Timestamp, CelType.Duration),
        Convert("bytes", CelType.Bytes, RuleConversions.ToBytes, CelType.String),
        Convert("timestamp", CelType.Timestamp, RuleConversions.ToTimestamp, CelType.String, CelType.Int),
        Convert("duration", CelType.Duration, RuleConversions.ToDuration, CelType.String),
        new("dyn", [On([A], CelType.Dyn)], RuleConversions.Same, null),
        new("type", [On([A], CelType.TypeOf(A))], RuleConversions.TypeOf, null),
    ];

    private static RuleFunction[] Texts() =>
    [
        new("contains", [Of([CelType.String, CelType.String], CelType.Bool)], null, RuleTexts.Contains),
        new("startsWith", [Of([CelType.String, CelType.String], CelType.Bool)], null, RuleTexts.StartsWith),
        new("endsWith", [Of([CelType.String, CelType.String], CelType.Bool)], null, RuleTexts.EndsWith),
        new(
            RuleTexts.MatchesName,
            [Of([CelType.String, CelType.String], CelType.Bool), On([CelType.String, CelType.String], CelType.Bool)],
            null,
            RuleTexts.Matches),
    ];

    private static RuleFunction[] Times() =>
    [
        Part("getFullYear", TimePart.FullYear, onDuration: false),
        Part("getMonth", TimePart.Month, onDuration: false),
        Part("getDate", TimePart.Date, onDuration: false),
        Part("getDayOfMonth", TimePart.DayOfMonth, onDuration: false),
        Part("getDayOfWeek", TimePart.DayOfWeek, onDuration: false),
        Part("getDayOfYear", TimePart.DayOfYear, onDuration: false),
        Part("getHours", TimePart.Hours, onDuration: true),
        Part("getMinutes", TimePart.Minutes, onDuration: true),
        Part("getSeconds", TimePart.Seconds, onDuration: true),
        Part("getMilliseconds", TimePart.Milliseconds, onDuration: true),
    ];

    private static RuleFunction Part(string name, TimePart part, bool onDuration)
    {
        List<RuleOverload> overloads =
        [
            Of([CelType.Timestamp], CelType.Int),
            Of([CelType.Timestamp, CelType.String], CelType.Int),
        ];
        if (onDuration)
            overloads.Add(Of([CelType.Duration], CelType.Int));
        return new(
            name,
            [.. overloads],
            (in CelValue time) => RuleTimes.Get(part, in time),
            (in CelValue time, in CelValue zone) => RuleTimes.Get(part, in time, in zone));
    }

    private static RuleFunction Convert(string name, CelType to, RuleUnary body, params CelType[] from) =>
        new(name, [On([to], to), .. from.Select(f => On([f], to))], body, null);

    private static RuleOverload[] Same(params CelType[] types) => [.. types.Select(t => On([t, t], t))];

    // Numbers of unlike types compare by value; the rest only with their own type.
    private static RuleOverload[] Ordered()
    {
        CelType[] numbers = [CelType.Int, CelType.Uint, CelType.Double];
        CelType[] others = [CelType.String, CelType.Bool, CelType.Bytes, CelType.Timestamp, CelType.Duration];
        return
        [
            .. numbers.SelectMany(l => numbers.Select(r => On([l, r], CelType.Bool))),
            .. others.Select(t => On([t, t], CelType.Bool)),
        ];
    }

    private static RuleOverload On(CelType[] parameters, CelType result) => new(member: false, parameters, result);

    private static RuleOverload Of(CelType[] parameters, CelType result) => new(member: true, parameters, result);
}
