namespace PmOrleans.Decisioning.Catalog.Diagnostics;

/// <summary>Codes of diagnostics: stable, for programs that act on them.</summary>
public static class CatalogCodes
{
    // Errors.
    public const string Syntax = "syntax";
    public const string TooLarge = "too-large";
    public const string TooDeep = "too-deep";
    public const string BadFile = "bad-file";
    public const string DuplicateKey = "duplicate-key";
    public const string DuplicateId = "duplicate-id";
    public const string UnknownKey = "unknown-key";
    public const string Missing = "missing";
    public const string WrongType = "wrong-type";
    public const string BadId = "bad-id";
    public const string BadAmount = "bad-amount";
    public const string BadNumber = "bad-number";
    public const string BadDuration = "bad-duration";
    public const string BadTime = "bad-time";
    public const string BadZone = "bad-zone";
    public const string BadLocale = "bad-locale";
    public const string BadCurrency = "bad-currency";
    public const string BadMetric = "bad-metric";
    public const string BadFlight = "bad-flight";
    public const string UnknownValue = "unknown-value";
    public const string UnknownReference = "unknown-reference";
    public const string SegmentCycle = "segment-cycle";
    public const string Rule = "rule";
    public const string RuleTooLong = "rule-too-long";
    public const string IdReused = "id-reused";
    public const string BadCap = "bad-cap";
    public const string BadPolicy = "bad-policy";
    public const string BadContent = "bad-content";
    public const string BadExperiment = "bad-experiment";

    // Warnings.
    public const string UnreachableOffer = "unreachable-offer";
    public const string ShutCap = "shut-cap";
    public const string IdleCap = "idle-cap";
    public const string EmptyBudget = "empty-budget";
    public const string SmallBudget = "small-budget";
    public const string IdleBudget = "idle-budget";
    public const string WorthlessOffer = "worthless-offer";
    public const string EmptyPlacement = "empty-placement";
    public const string EmptyCampaign = "empty-campaign";
    public const string EmptyCatalog = "empty-catalog";
    public const string EmptyValue = "empty-value";
    public const string EmptyContent = "empty-content";
    public const string MissingLocale = "missing-locale";
    public const string ClashingExperiments = "clashing-experiments";
    public const string UnlikeWindows = "unlike-windows";
    public const string ImpossibleValue = "impossible-value";
    public const string EmptySegment = "empty-segment";
    public const string IdleRule = "idle-rule";
    public const string IdlePacing = "idle-pacing";
    public const string UnusedPolicy = "unused-policy";
    public const string LoneGroup = "lone-group";
    public const string ChangedGoal = "changed-goal";
    public const string ChangedCurrency = "changed-currency";
    public const string ChangedWeights = "changed-weights";
    public const string NeverHolds = "never-holds";
    public const string UnknownChannel = "unknown-channel";
    public const string UnknownTouchpoint = "unknown-touchpoint";
    public const string MoreDiagnostics = "more-diagnostics";
}
