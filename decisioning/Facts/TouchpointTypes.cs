using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Facts;

/// <summary>Types of touchpoint that mean something to the engine; every other type is counted and kept.</summary>
public static class TouchpointTypes
{
    public const string View = "view";
    public const string Search = "search";
    public const string CartAdd = "cart_add";
    public const string Purchase = "purchase";
    public const string Impression = "impression";
    public const string Click = "click";
    public const string Dismiss = "dismiss";
    public const string Rating = "rating";
    public const string Identify = "identify";
    public const string Consent = "consent";

    public static ImmutableArray<string> All { get; } = [View, Search, CartAdd, Purchase, Impression, Click, Dismiss, Rating, Identify, Consent];
}
