using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Decisioning.Policies;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads policies. One named <c>default</c> is there even if nobody wrote it.</summary>
internal sealed class PolicyReader(CompileContext context, ImmutableArray<Segment> segments, IReadOnlySet<string> declaredSegments)
{
    public const string DefaultId = "default";

    private static readonly string[] Known = ["model", "halfLife", "prior", "reshape", "goal", "segmentBy", "exploration"];
    private static readonly string[] KnownExploration = ["kind", "floor", "epsilon", "temperature", "gammaScale", "gammaExponent"];

    private static readonly ExplorationOptions DefaultExploration = new() { Kind = ExplorationKind.SquareCb };

    public ImmutableArray<Policy> Read(IReadOnlyList<(string Id, SourceEntry Entry)> entries)
    {
        var policies = ImmutableArray.CreateBuilder<Policy>();
        foreach (var (id, entry) in entries)
            policies.Add(Read(id, entry, policies.Count));
        if (!policies.Any(policy => policy.Id == DefaultId))
            policies.Add(Read(DefaultId, Unwritten(), policies.Count));
        return policies.ToImmutable();
    }

    private static SourceEntry Unwritten()
    {
        var file = new SourceFile("", "");
        return new SourceEntry(new SourceScalar(file, 0, 0, DefaultId, ScalarStyle.Plain), new SourceMap(file, 0, []));
    }

    private Policy Read(string id, SourceEntry entry, int ordinal)
    {
        var path = $"policies/{id}";
        var node = entry.Value is SourceScalar { IsNothing: true } ? new SourceMap(entry.Key.File, entry.Key.Offset, []) : entry.Value;
        var fields = Fields.Of(context, node, path, Known);
        var goal = fields?.Map("goal", ["on", "within"]);
        var on = goal?.Id("on") ?? "click";
        if (TouchpointTypes.Problem(on) is { } problem)
            context.Bag.Error(CatalogCodes.BadId, goal?.Node("on") ?? node, $"{path}/goal/on", problem);
        var within = goal?.Duration("within", TimeSpan.FromSeconds(1), Durations.Longest) ?? TimeSpan.FromMinutes(30);
        fields?.Choice("model", 0, ("beta", 0));
        var exploration = fields is null ? DefaultExploration : Exploration(fields);
        return new Policy
        {
            Id = id,
            Number = context.Number(IdKind.Policy, id, null, entry.Key, path),
            Ordinal = ordinal,
            Goal = new Goal(on, within),
            Model = fields is null ? new BetaOptions() : Model(fields, within),
            ExplorationOptions = exploration,
            Exploration = Explorations.Create(exploration),
            Segments = fields is null ? [] : SegmentBy(fields),
        };
    }

    private BetaOptions Model(Fields fields, TimeSpan within)
    {
        var options = new BetaOptions { RewardWindow = within };
        options = options with
        {
            HalfLife = fields.Duration("halfLife", TimeSpan.FromSeconds(1), TimeSpan.FromDays(36_500)),
            Reshape = fields.Number("reshape", double.NegativeInfinity, double.PositiveInfinity) ?? options.Reshape,
        };
        if (fields.Node("prior") is SourceScalar)
        {
            options = options with { EmpiricalBayes = fields.Choice("prior", false, ("empirical", true)) };
        }
        else if (fields.Map("prior", ["alpha", "beta", "empirical"]) is { } prior)
        {
            options = options with
            {
                PriorAlpha = prior.Number("alpha", double.NegativeInfinity, double.PositiveInfinity) ?? options.PriorAlpha,
                PriorBeta = prior.Number("beta", double.NegativeInfinity, double.PositiveInfinity) ?? options.PriorBeta,
                EmpiricalBayes = prior.Flag("empirical", false),
            };
        }

        foreach (var (field, message) in options.Validate())
        {
            var (at, place) = field switch
            {
                "priorAlpha" => ((fields.Node("prior") as SourceMap)?.Find("alpha")?.Value, "prior/alpha"),
                "priorBeta" => ((fields.Node("prior") as SourceMap)?.Find("beta")?.Value, "prior/beta"),
                _ => (fields.Node(field), field),
            };
            context.Bag.Error(CatalogCodes.BadPolicy, at ?? fields.Source, fields.PathOf(place), Wrong(place[(place.IndexOf('/', StringComparison.Ordinal) + 1)..], at, message));
        }

        return options;
    }

    private ExplorationOptions Exploration(Fields fields)
    {
        var options = DefaultExploration;
        (string, ExplorationKind)[] kinds = [.. Explorations.Names.Select(name => (name, Explorations.TryParse(name, out var kind) ? kind : default))];
        if (fields.Node("exploration") is SourceScalar)
            return options with { Kind = fields.Choice("exploration", options.Kind, kinds) };
        if (fields.Map("exploration", KnownExploration) is not { } knobs)
            return options;
        options = new ExplorationOptions
        {
            Kind = knobs.Choice("kind", options.Kind, kinds),
            Floor = Knob("floor") ?? options.Floor,
            Epsilon = Knob("epsilon") ?? options.Epsilon,
            Temperature = Knob("temperature") ?? options.Temperature,
            GammaScale = Knob("gammaScale") ?? options.GammaScale,
            GammaExponent = Knob("gammaExponent") ?? options.GammaExponent,
        };
        var problems = options.Validate();
        foreach (var (field, message) in problems)
            context.Bag.Error(CatalogCodes.BadPolicy, knobs.Node(field) ?? knobs.Source, knobs.PathOf(field), Wrong(field, knobs.Node(field), message));
        return problems.Count == 0 ? options : DefaultExploration;

        double? Knob(string key) => knobs.Number(key, double.NegativeInfinity, double.PositiveInfinity);
    }

    private static string Wrong(string key, SourceNode? at, string message) =>
        at is SourceScalar { Text: var text } ? $"{key} is {Amounts.Shown(text)} and {message}." : $"{key} {message}.";

    private ImmutableArray<Segment> SegmentBy(Fields fields)
    {
        var found = ImmutableArray.CreateBuilder<Segment>();
        foreach (var (id, at) in fields.Names("segmentBy"))
        {
            if (segments.FirstOrDefault(segment => segment.Id == id) is { } segment)
                found.Add(segment);
            else if (!declaredSegments.Contains(id))
            {
                context.Bag.Error(
                    CatalogCodes.UnknownReference, at, fields.PathOf("segmentBy"), $"There is no segment '{id}'.",
                    context.DidYouMeanOrList(id, declaredSegments, "segment"));
            }
        }

        return found.ToImmutable();
    }
}
