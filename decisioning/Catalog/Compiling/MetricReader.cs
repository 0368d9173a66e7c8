using System.Collections.Immutable;
using System.Globalization;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads <c>views7d: count(view) over 7d</c> and its like; see <see cref="MetricForm"/>.</summary>
internal sealed class MetricReader(CompileContext context, Dictionary<string, TouchpointFields> typeToFields)
{
    private const string Examples = "write count(view) over 7d, or sum(purchase.value) over 30d";
    private static readonly string[] Kinds = ["count", "sum", "min", "max", "last", "distinct", "decayed"];

    public ImmutableArray<MetricDefinition> Read(IReadOnlyList<(string Id, SourceEntry Entry)> entries)
    {
        var metrics = ImmutableArray.CreateBuilder<MetricDefinition>();
        foreach (var (name, entry) in entries)
        {
            var path = $"metrics/{name}";
            if (Declarations.IsRuleName(context, name, entry.Key, path) && Read(name, entry, path, metrics.Count) is { } metric)
                metrics.Add(metric);
        }

        return metrics.ToImmutable();
    }

    private MetricDefinition? Read(string name, SourceEntry entry, string path, int ordinal)
    {
        if (entry.Value is not SourceScalar { IsNothing: false } scalar)
        {
            context.Bag.Error(CatalogCodes.BadMetric, entry.Value, path, $"Here stands {entry.Value.Kind}; a metric is expected.", Examples);
            return null;
        }

        var at = new Place(context, scalar, path);
        if (scalar.Text.Length > RuleTable.MaxLength)
            return at.Failed(0, $"A metric has at most {RuleTable.MaxLength:#,0} characters; this one has {scalar.Text.Length:#,0}.", null, CatalogCodes.RuleTooLong);
        if (MetricForm.Parse(scalar.Text) is not { } form)
            return at.Failed(0, "This is not a metric.", Examples);
        if (!Enum.TryParse<MetricKind>(form.Kind.Text, ignoreCase: true, out var kind) || !Kinds.Contains(form.Kind.Text, StringComparer.Ordinal))
            return at.Failed(form.Kind.Offset, $"There is no metric '{form.Kind.Text}'.", context.DidYouMeanOrList(form.Kind.Text, Kinds, "metric"));
        if (!TouchpointTypes.IsName(form.Type.Text))
            return at.Failed(form.Type.Offset, TouchpointTypes.Problem(form.Type.Text)!, Examples);

        // Where nothing is declared, the fields are this metric's own: what a filter of another one reads is no property of its.
        var fields = typeToFields.GetValueOrDefault(form.Type.Text) ?? new TouchpointFields(form.Type.Text, null);
        if (!IsShaped(at, form, kind) || !TryWindow(at, form, kind, out var window) || !TryProperties(at, form, kind, fields) || !TryMostKeys(at, form, out var most))
            return null;
        CompiledRule? filter = null;
        if (form.Filter is { } written && (filter = Filter(at, written, fields)) is null)
            return null;
        return new MetricDefinition(
            name, context.Number(IdKind.Metric, name, null, entry.Key, path), ordinal, kind, form.Type.Text, form.Property?.Text, window)
        {
            Fields = fields,
            Filter = filter,
            KeyedBy = form.Key?.Text,
            MostKeys = most,
            IsText = kind == MetricKind.Last && fields.TypeOf(form.Property!.Value.Text)!.Equals(CelType.String),
        };
    }

    private static bool IsShaped(Place at, MetricForm form, MetricKind kind)
    {
        var (type, word, window) = (form.Type.Text, form.Kind.Text, form.Window.Text);
        if (kind == MetricKind.Count && form.Property is { } property)
            return at.Refused(property.Offset, "A count is of touchpoints, not of a property of theirs.", $"write count({type}) over {window}, or distinct({type}.{property.Text}) over {window}");
        if (kind is not (MetricKind.Count or MetricKind.Decayed) && form.Property is null)
        {
            var wanted = kind == MetricKind.Sum ? "A sum needs a property to add up." : $"'{word}' needs a property.";
            return at.Refused(form.Type.Offset, wanted, $"write {word}({type}.{(kind == MetricKind.Distinct ? "sku" : "value")}) over {window}");
        }

        if ((kind == MetricKind.Decayed) != form.HalfLife)
        {
            return at.Refused(
                form.Window.Offset,
                kind == MetricKind.Decayed ? "A decayed sum has a half-life instead of a window." : "Only a decayed sum has a half-life.",
                $"write {(kind == MetricKind.Decayed ? "half-life" : "over")} {window}");
        }

        return true;
    }

    private static bool TryWindow(Place at, MetricForm form, MetricKind kind, out TimeSpan window)
    {
        if (!Durations.TryParse(form.Window.Text, out window))
            return at.Refused(form.Window.Offset, $"'{form.Window.Text}' is not a span of time.", "write 15m, 2h or 7d", CatalogCodes.BadDuration);
        var what = kind == MetricKind.Decayed ? "half-life" : "window";
        return (window >= TimeSpan.FromMinutes(1) && window <= Durations.Longest)
            || at.Refused(form.Window.Offset, $"A metric's {what} is from 1m to 400d; this is {form.Window.Text}.", null, CatalogCodes.BadDuration);
    }

    private bool TryProperties(Place at, MetricForm form, MetricKind kind, TouchpointFields fields)
    {
        if (form.Property is { } property)
        {
            if (TypeOf(at, property, fields) is not { } type)
                return false;
            var isNumber = type.Equals(CelType.Double) || type.Equals(CelType.Int) || type.Equals(CelType.Dyn);
            if (!isNumber && !(kind == MetricKind.Distinct || (kind == MetricKind.Last && type.Equals(CelType.String))))
            {
                return at.Refused(
                    property.Offset, $"'{form.Kind.Text}' is of numbers{(kind == MetricKind.Last ? " and texts" : "")}; '{property.Text}' of '{form.Type.Text}' is {type}.",
                    $"distinct({form.Type.Text}.{property.Text}) counts its different values");
            }
        }

        if (form.Key is { } key)
        {
            if (TypeOf(at, key, fields) is not { } type)
                return false;
            if (key.Text == TouchpointFields.Value || !(type.Equals(CelType.String) || type.Equals(CelType.Int) || type.Equals(CelType.Bool) || type.Equals(CelType.Dyn)))
                return at.Refused(key.Offset, $"A key is a text, a whole number or a truth value; '{key.Text}' of '{form.Type.Text}' is {type}.", null);
            if (kind == MetricKind.Last && fields.TypeOf(form.Property!.Value.Text)!.Equals(CelType.String))
                return at.Refused(key.Offset, "By keys only numbers are kept, not a text.", null);
        }

        return true;
    }

    private CelType? TypeOf(Place at, MetricForm.Part property, TouchpointFields fields)
    {
        if (!TouchpointTypes.IsName(property.Text))
        {
            at.Failed(property.Offset, $"A property is a letter followed by letters, digits, _ or -, at most {TouchpointTypes.MaxLength}.", Examples);
            return null;
        }

        var type = fields.TypeOf(property.Text);
        if (type is null)
        {
            at.Failed(
                property.Offset, $"'{fields.TouchpointType}' has no property '{property.Text}'.",
                context.DidYouMeanOrList(property.Text, [.. fields.Declared!.Keys, TouchpointFields.Value, TouchpointFields.Channel], "property"),
                CatalogCodes.UnknownReference);
        }

        return type;
    }

    private static bool TryMostKeys(Place at, MetricForm form, out int most)
    {
        most = MetricDefinition.MostKeysByDefault;
        if (form.MostKeys is not { } written)
            return true;
        most = int.Parse(written.Text, CultureInfo.InvariantCulture);
        return most is >= 1 and <= MetricDefinition.MostKeysAllowed
            || at.Refused(written.Offset, $"A metric keeps 1 to {MetricDefinition.MostKeysAllowed} keys; this says {most}.", null);
    }

    private static CompiledRule? Filter(Place at, MetricForm.Part written, TouchpointFields fields)
    {
        foreach (var name in FilterNames.In(written.Text))
            fields.Open(name);
        var compilation = RuleCompiler.Compile(written.Text, fields.Schema, CelType.Bool);
        foreach (var error in compilation.Diagnostics)
            at.Failed(written.Offset + RuleTable.OffsetOf(written.Text, error.Line, error.Column), error.Message, error.Hint, CatalogCodes.Rule);
        return compilation.Rule;
    }

    /// <summary>Where a metric stands, for what is wrong with it.</summary>
    private readonly record struct Place(CompileContext Context, SourceScalar Scalar, string Path)
    {
        public MetricDefinition? Failed(int offset, string message, string? hint, string code = CatalogCodes.BadMetric)
        {
            Context.Bag.Error(code, Scalar.File, Scalar.OffsetOf(offset), Path, message, hint);
            return null;
        }

        /// <returns><c>false</c></returns>
        public bool Refused(int offset, string message, string? hint, string code = CatalogCodes.BadMetric) => Failed(offset, message, hint, code) is not null;
    }
}
