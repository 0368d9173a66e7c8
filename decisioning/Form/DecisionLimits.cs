namespace PmOrleans.Decisioning.Form;

/// <summary>Bounds of a decision request, beside those of its touchpoints; a refusal names field, value and bound.</summary>
public static class DecisionLimits
{
    public const int Placements = 16;

    /// <summary>Offers for one placement: no placement has more slots.</summary>
    public const int Count = 50;

    /// <summary>Offers to leave out, a placement: more than a catalog's placement usually has, fewer than would cost.</summary>
    public const int Exclude = 500;

    /// <summary>Touchpoints that may come with a request.</summary>
    public const int Touchpoints = 100;

    public const int MaxDeadlineMs = 60_000;
}
