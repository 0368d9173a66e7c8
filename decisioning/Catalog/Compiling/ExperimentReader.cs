using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Experiments;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads experiments, after all that their variants refer to, and gives those of a layer their places in its traffic.</summary>
internal sealed class ExperimentReader(CompileContext context, Settings settings, RuleTable rules, VariantReader variants, IReadOnlyCollection<string> placementIds)
{
    /// <summary>How far the weights may be from one: thirds are written 0.3333 and 0.3334, sums of doubles differ in the last digits.</summary>
    private const double Tolerance = 1e-9;

    private const int FewestVariants = 2;
    private const int MostVariants = 20;

    private readonly HashSet<string> _placements = new(placementIds, StringComparer.Ordinal);

    private static readonly string[] Known = ["name", "layer", "share", "upTo", "start", "end", "zone", "audience", "placements", "variants"];

    /// <returns>The global holdout first, if there is one.</returns>
    public ImmutableArray<Experiment> Read(IReadOnlyList<(string Id, SourceEntry Entry)> entries)
    {
        List<(Experiment Experiment, Fields Fields)> read = [];
        foreach (var (id, entry) in entries)
        {
            var path = $"experiments/{id}";
            if (id == Experiment.GlobalHoldout)
            {
                context.Bag.Error(
                    CatalogCodes.BadId, entry.Key, path, $"'{id}' is the global holdout's.", "take another id; the holdout is declared as catalog: { holdout: 0.05 }");
            }
            else if (Fields.Of(context, entry.Value, path, Known) is { } fields && Read(id, entry.Key, fields) is { } experiment)
                read.Add((experiment, fields));
        }

        foreach (var layer in read.Where(draft => draft.Experiment.Layer is not null).GroupBy(draft => draft.Experiment.Layer!, StringComparer.Ordinal))
            Place(layer.Key, [.. layer]);
        return [.. Holdout(), .. read.Select(draft => draft.Experiment)];
    }

    private Experiment[] Holdout()
    {
        if (settings.Holdout is not { } share)
            return [];
        // The registry gives the holdout its number as if it were written; nobody else can have its id.
        var at = settings.HoldoutAt!;
        return
        [
            new Experiment
            {
                Id = Experiment.GlobalHoldout,
                Number = context.Number(IdKind.Experiment, Experiment.GlobalHoldout, null, at, "catalog/holdout"),
                Share = share,
                Variants =
                [
                    .. new[] { ("held-out", share), ("targeted", 1 - share) }.Select(arm => new Variant
                    {
                        Id = arm.Item1,
                        Number = context.Number(IdKind.Variant, $"{Experiment.GlobalHoldout}/{arm.Item1}", Experiment.GlobalHoldout, at, "catalog/holdout"),
                        Weight = arm.Item2,
                    }),
                ],
            },
        ];
    }

    private Experiment? Read(string id, SourceScalar key, Fields fields)
    {
        var number = context.Number(IdKind.Experiment, id, null, key, fields.Path);
        var zone = fields.Zone("zone") ?? settings.Zone;
        var start = fields.Time("start", zone) ?? long.MinValue;
        var end = fields.Time("end", zone) ?? long.MaxValue;
        if (start >= end)
            context.Bag.Error(CatalogCodes.BadFlight, fields.Node("end") ?? fields.Source, fields.PathOf("end"), $"The experiment ends ({fields.Text("end")}) before it starts ({fields.Text("start")}).", "set a later end, or an earlier start");
        var layer = fields.Id("layer");
        var share = fields.Number("share", 0, 1) ?? 1;
        var upTo = fields.Number("upTo", 0, 1) ?? share;
        if (fields.Node("upTo") is { } written && (layer is null || upTo < share))
        {
            context.Bag.Error(
                CatalogCodes.BadExperiment, written, fields.PathOf("upTo"), layer is null ? "'upTo' needs a layer." : $"'upTo' is {upTo}, below the share of {share}.",
                layer is null ? "without a layer the share may grow as it likes" : null);
        }

        return Variants(id, fields) is { } read
            ? new Experiment
            {
                Id = id,
                Number = number,
                Name = fields.Text("name"),
                Layer = layer,
                LayerNumber = layer is null ? 0 : context.Number(IdKind.Layer, layer, null, fields.Node("layer")!, fields.PathOf("layer")),
                Share = share,
                UpTo = Math.Max(share, upTo),
                StartMicros = start,
                EndMicros = end,
                Audience = rules.Add(fields.Node("audience"), fields.PathOf("audience")),
                PlacementIds = References.Of(context, fields, "placements", _placements, "placement"),
                Variants = read,
            }
            : null;
    }

    private ImmutableArray<Variant>? Variants(string id, Fields fields)
    {
        if (!fields.Require("variants", "at least two, e.g. variants: { control: { weight: 0.5 }, bold: { weight: 0.5, … } }"))
            return null;
        if (fields.Node("variants") is not SourceMap map)
        {
            var node = fields.Node("variants")!;
            context.Bag.Error(CatalogCodes.WrongType, node, fields.PathOf("variants"), $"Here stands {node.Kind}; a mapping of variants by id is expected.");
            return null;
        }

        if (map.Entries.Count is < FewestVariants or > MostVariants)
        {
            context.Bag.Error(
                CatalogCodes.BadExperiment, map, fields.PathOf("variants"), $"An experiment has {FewestVariants} to {MostVariants} variants; here are {map.Entries.Count}.");
            return null;
        }

        var read = variants.Read(id, map, fields.PathOf("variants"));
        var sum = read.Sum(variant => variant.Weight);
        if (read.Length == map.Entries.Count && Math.Abs(sum - 1) > Tolerance)
        {
            context.Bag.Error(
                CatalogCodes.BadExperiment, map, fields.PathOf("variants"), FormattableString.Invariant($"The weights sum to {sum:0.#########}; they must sum to 1."),
                "to show it to fewer customers, set 'share'");
        }

        return read;
    }

    /// <summary>In the order in which they first came, so that a new one is put behind those that run.</summary>
    private void Place(string layer, List<(Experiment Experiment, Fields Fields)> members)
    {
        double from = 0;
        foreach (var (experiment, fields) in members.OrderBy(draft => draft.Experiment.Number))
        {
            experiment.From = from;
            from += experiment.UpTo;
            if (from > 1 + Tolerance)
            {
                context.Bag.Error(
                    CatalogCodes.BadExperiment, fields.Node("upTo") ?? fields.Node("share") ?? fields.Source, fields.PathOf(fields.Node("upTo") is null ? "share" : "upTo"),
                    FormattableString.Invariant($"The experiments of layer '{layer}' take {from:0.#########} of its customers; there is 1."),
                    $"in the layer are {string.Join(", ", members.Select(draft => draft.Experiment.Id).Order(StringComparer.Ordinal))}");
                return;
            }
        }
    }
}
