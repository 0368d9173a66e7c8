using System.Collections.Frozen;

namespace PmOrleans.Decisioning.Policies;

/// <summary>The explorations there are, by kind and by catalog name.</summary>
public static class Explorations
{
    private static readonly FrozenDictionary<string, ExplorationKind> NameToKind = new Dictionary<string, ExplorationKind>(StringComparer.Ordinal)
    {
        ["greedy"] = ExplorationKind.Greedy,
        ["epsilonGreedy"] = ExplorationKind.EpsilonGreedy,
        ["softmax"] = ExplorationKind.Softmax,
        ["squareCb"] = ExplorationKind.SquareCb,
        ["thompson"] = ExplorationKind.Thompson,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<ExplorationKind, string> KindToName =
        NameToKind.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    private static readonly FrozenDictionary<ExplorationKind, Func<ExplorationOptions, IExploration>> KindToFactory =
        new Dictionary<ExplorationKind, Func<ExplorationOptions, IExploration>>
        {
            [ExplorationKind.Greedy] = options => new Greedy(options),
            [ExplorationKind.EpsilonGreedy] = options => new EpsilonGreedy(options),
            [ExplorationKind.Softmax] = options => new Softmax(options),
            [ExplorationKind.SquareCb] = options => new SquareCb(options),
            [ExplorationKind.Thompson] = options => new ThompsonSampling(options),
        }.ToFrozenDictionary();

    /// <summary>Catalog names, in the order of <see cref="ExplorationKind"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. NameToKind.OrderBy(pair => pair.Value).Select(pair => pair.Key)];

    /// <summary>The kind of a catalog name; names are case-sensitive.</summary>
    public static bool TryParse(string? name, out ExplorationKind kind)
    {
        kind = default;
        return name is not null && NameToKind.TryGetValue(name, out kind);
    }

    /// <summary>The catalog name of a kind.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The kind is not defined.</exception>
    public static string NameOf(ExplorationKind kind) =>
        KindToName.TryGetValue(kind, out string? name) ? name : throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such exploration");

    /// <summary>The exploration that the options describe.</summary>
    /// <exception cref="ArgumentException">The options do not pass <see cref="ExplorationOptions.Validate"/>.</exception>
    public static IExploration Create(ExplorationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = options.Validate();
        if (problems.Count > 0)
            throw new ArgumentException(string.Join("; ", problems.Select(problem => $"{problem.Field} {problem.Message}")), nameof(options));
        return KindToFactory[options.Kind](options);
    }
}
