using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Consent;

/// <summary>
/// Counting under suppression rules: the times of the last N events of each scope, N being the number that makes a pause. Kept among the cap
/// counters, in a space of ids of their own.
/// </summary>
internal static class SuppressionCounters
{
    private const ulong Space = 1UL << 62;
    private const ulong Spaces = 3UL << 62;

    public static ulong ListId(int rule, int over) => Space | ((ulong)(uint)rule << 32) | (uint)over;

    public static bool IsCounter(ulong listId) => (listId & Spaces) == Space;

    public static (int Rule, int Over) ScopeOf(ulong listId) => ((int)((listId & ~Spaces) >> 32), (int)(uint)listId);

    public static void Count(ref PackedLists lists, CatalogSnapshot catalog, SuppressOn on, OutcomeFact fact, long atMicros)
    {
        foreach (var rule in catalog.Suppression)
        {
            if (rule.On == on && rule.Over(fact.Offer, fact.Campaign, fact.Category, fact.Channel) is var over and >= 0)
            {
                lists.Insert(ListId(rule.Number, over), new TimedPoint(atMicros, 1), rule.After);
            }
        }
    }
}
