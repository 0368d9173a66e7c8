using System.Globalization;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>A number over a customer's touchpoints in a sliding window, such as <c>count(view) over 7d</c>, or one such number for each value of a property.</summary>
/// <param name="Number">Stable number.</param>
/// <param name="Ordinal">Index in <see cref="CatalogSnapshot.Metrics"/>.</param>
/// <param name="TouchpointType">Which touchpoints count.</param>
/// <param name="Property"><c>value</c>, <c>channel</c> or the name of a property; <c>null</c>: the touchpoint itself counts.</param>
/// <param name="Window">A minute to 400 days; of a decayed sum the half-life.</param>
public sealed record MetricDefinition(
    string Name, int Number, int Ordinal, MetricKind Kind, string TouchpointType, string? Property, TimeSpan Window)
{
    public const int MostKeysAllowed = 256;

    public const int MostKeysByDefault = 32;

    /// <summary>A condition on the touchpoint, over the fields of its type; <c>null</c>: each one counts.</summary>
    public CompiledRule? Filter { get; init; }

    /// <summary>The property for each of whose values the number is kept apart; <c>null</c>: one number.</summary>
    public string? KeyedBy { get; init; }

    /// <summary>Of the keys only so many are kept, 1 to <see cref="MostKeysAllowed"/>; the one longest without a touchpoint goes first.</summary>
    public int MostKeys { get; init; } = MostKeysByDefault;

    /// <summary>What properties the touchpoint's type has; where nothing is declared, a property is what it is.</summary>
    public TouchpointFields? Fields { get; init; }

    /// <summary>Whether the last value is a text: of a property that is declared to be one.</summary>
    public bool IsText { get; init; }

    /// <summary>Whether it looks at more of a touchpoint than its value and channel.</summary>
    internal bool ReadsProperties => Filter is not null || IsOfProperties(Property) || IsOfProperties(KeyedBy);

    /// <summary>The type of one number.</summary>
    public CelType ValueType => Kind is MetricKind.Count or MetricKind.Distinct ? CelType.Int : IsText ? CelType.String : CelType.Double;

    /// <summary>The type that rules see.</summary>
    public CelType Type => KeyedBy is null ? ValueType : CelType.Map(CelType.String, ValueType);

    /// <summary>All that decides how touchpoints are folded into it: equal for definitions that make the same numbers of the same touchpoints.</summary>
    public string Signature => string.Create(
        CultureInfo.InvariantCulture,
        $"{(byte)Kind} {TouchpointType} {Property} {Window.Ticks} by {KeyedBy} {MostKeys} {IsText} where {Filter?.Canonical} {TypesOf(Filter)}");

    private static bool IsOfProperties(string? read) => read is not (null or TouchpointFields.Value or TouchpointFields.Channel);

    private string TypesOf(CompiledRule? filter) =>
        filter is null ? "" : string.Join(' ', filter.Slots.Select(slot => Fields!.Schema.Slots[slot].Type));

    /// <summary>The metric as a catalog writes it.</summary>
    public override string ToString()
    {
        var what = Property is null ? TouchpointType : $"{TouchpointType}.{Property}";
        var where = Filter is null ? "" : $" where {Filter.Source}";
        var keys = KeyedBy is null ? "" : MostKeys == MostKeysByDefault ? $" by {KeyedBy}" : $" by {KeyedBy} max {MostKeys}";
        return $"{Kind.ToString().ToLowerInvariant()}({what}{where}){keys} {(Kind == MetricKind.Decayed ? "half-life" : "over")} {Compiling.Durations.Text(Window)}";
    }
}
