using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Profiles;

/// <summary>One touchpoint as the filters of metrics see it; one a thread, so that folding allocates nothing for it.</summary>
internal sealed class TouchpointInput : IRuleInput
{
    [ThreadStatic]
    private static TouchpointInput? _current;

    private Touchpoint? _touchpoint;
    private TouchpointFields? _fields;

    /// <summary>Whether a metric's filter holds; an error, such as a property that is not there, is not a pass.</summary>
    public static bool Passes(MetricDefinition metric, Touchpoint touchpoint)
    {
        if (metric.Filter is not { } filter)
        {
            return true;
        }

        var input = _current ??= new TouchpointInput();
        (input._touchpoint, input._fields) = (touchpoint, metric.Fields);
        var outcome = filter.EvaluateBool(input);
        input._touchpoint = null;
        return outcome == RuleOutcome.True;
    }

    public bool TryGet(int slot, out CelValue value) => TouchpointFields.TryRead(_touchpoint!, _fields!.Schema.Slots[slot], out value);
}
